-- The farm's durable state. Seeds and digests are unsigned 64-bit numbers: sixteen hex digits, which sort as they do.
-- Records, findings and work are JSON as text, byte for byte what was written. Keys sort by bytes (COLLATE "C").

CREATE TABLE stressfarm.campaign(
    id        text COLLATE "C" PRIMARY KEY,
    name      text NOT NULL,
    request   text NOT NULL,
    canonical text NOT NULL,
    hash      text NOT NULL,
    budget    bigint,              -- in ticks of 100 ns
    state     integer NOT NULL,    -- 0 running, 1 paused, 2 done, 3 cancelled, 4 failed
    reason    text NOT NULL,
    created   timestamptz NOT NULL,
    finished  timestamptz,
    term      bigint NOT NULL      -- the activation whose writes are taken
);
CREATE INDEX campaign_newest ON stressfarm.campaign(created, id);
CREATE INDEX campaign_active ON stressfarm.campaign(created, id) WHERE state IN (0, 1);

-- Beside the campaign's row, which every write locks: these change often, or are large.
CREATE TABLE stressfarm.counts(
    campaign text COLLATE "C" PRIMARY KEY,
    counts   text NOT NULL
);

CREATE TABLE stressfarm.report(
    campaign text COLLATE "C" PRIMARY KEY,
    json     bytea NOT NULL,
    page     bytea NOT NULL
);

CREATE TABLE stressfarm.lease(
    campaign text COLLATE "C" NOT NULL,
    key      text COLLATE "C" NOT NULL,
    epoch    bigint NOT NULL,
    holder   text NOT NULL,
    expires  timestamptz NOT NULL,
    progress bigint NOT NULL,
    work     text NOT NULL,
    PRIMARY KEY(campaign, key)
) WITH (fillfactor = 70);

-- The ledger: append-only, one row per shard.
CREATE TABLE stressfarm.shard(
    idx        bigint NOT NULL,
    number     bigint NOT NULL,
    schedules  bigint NOT NULL,
    steps      bigint NOT NULL,
    epoch      bigint NOT NULL,
    recorded   timestamptz NOT NULL,
    cell       integer NOT NULL,
    count      integer NOT NULL,
    campaign   text COLLATE "C" NOT NULL,
    first_seed text NOT NULL,
    digest     text NOT NULL,
    holder     text NOT NULL,
    record     text NOT NULL,
    PRIMARY KEY(campaign, idx)
);

CREATE TABLE stressfarm.workup(
    campaign   text COLLATE "C" NOT NULL,
    key        text COLLATE "C" NOT NULL,
    cell       integer NOT NULL,
    seed       text COLLATE "C" NOT NULL,
    finding_id text NOT NULL,
    raw        text NOT NULL,
    finding    text NOT NULL,
    PRIMARY KEY(campaign, key)
);

CREATE TABLE stressfarm.verification(
    campaign   text COLLATE "C" NOT NULL,
    key        text COLLATE "C" NOT NULL,
    idx        bigint NOT NULL,
    cell       integer NOT NULL,
    number     bigint NOT NULL,
    first_seed text NOT NULL,
    count      integer NOT NULL,
    first      text NOT NULL,
    second     text NOT NULL,
    holder     text NOT NULL,
    PRIMARY KEY(campaign, key)
);

-- Soak sections and their checkpoints.
CREATE TABLE stressfarm.section(
    campaign text COLLATE "C" NOT NULL,
    cell     integer NOT NULL,
    fence    bigint NOT NULL,
    PRIMARY KEY(campaign, cell)
);

CREATE TABLE stressfarm.checkpoint(
    campaign   text COLLATE "C" NOT NULL,
    cell       integer NOT NULL,
    number     bigint NOT NULL,
    state_hash text NOT NULL,
    chain      text NOT NULL,
    state      bytea NOT NULL,
    PRIMARY KEY(campaign, cell, number)
);
-- The state comes compressed.
ALTER TABLE stressfarm.checkpoint ALTER COLUMN state SET STORAGE EXTERNAL;

-- The fences: each holds the row that names the newest holder until the transaction ends, so that no newer one begins between
-- the check and the write, and writers of one campaign (or section) take turns. SF001 and SF002 end the transaction.
CREATE FUNCTION stressfarm.demand_term(wanted_campaign text, wanted_term bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM stressfarm.campaign WHERE id = wanted_campaign AND term = wanted_term FOR NO KEY UPDATE;
    IF NOT FOUND THEN RAISE EXCEPTION 'the term is over' USING ERRCODE = 'SF001'; END IF;
END $$;

CREATE FUNCTION stressfarm.demand_section(wanted_campaign text, wanted_cell integer, wanted_fence bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM stressfarm.section WHERE campaign = wanted_campaign AND cell = wanted_cell AND fence = wanted_fence FOR NO KEY UPDATE;
    IF NOT FOUND THEN RAISE EXCEPTION 'the section has another holder' USING ERRCODE = 'SF002'; END IF;
END $$;
