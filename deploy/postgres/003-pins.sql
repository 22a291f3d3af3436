-- Which checkpoints of a section stay when it goes on. What is there was kept on purpose or may have been, and so it stays; so does
-- what a silo of the version before writes, which knows its pins by heart.
ALTER TABLE stressfarm.checkpoint ADD COLUMN pinned boolean NOT NULL DEFAULT true;
