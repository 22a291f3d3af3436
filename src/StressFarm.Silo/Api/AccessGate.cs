namespace StressFarm.Silo.Api;

/// <summary>Lets a caller through to what the role allows. An address that does not exist tells nothing without a token either.</summary>
internal sealed class AccessGate(RequestDelegate next, TokenTable tokens, ILogger<AccessGate> log)
{
    public Task InvokeAsync(HttpContext http)
    {
        AccessNeed need = http.GetEndpoint()?.Metadata.GetMetadata<AccessNeed>() ?? new AccessNeed(ApiRole.Read);
        if (need.Role is not { } role) return next(http);
        if (CallerGate.CallerOf(http) is not { } caller)
        {
            if (!tokens.Usable) throw ApiFault.Unavailable("the silo's token file cannot be used; its log says why");
            http.Response.Headers.WWWAuthenticate = "Bearer";
            throw new ApiFault(StatusCodes.Status401Unauthorized, http.Request.Headers.Authorization.Count > 0
                ? "this token is not let in" : "a token is needed: Authorization: Bearer …");
        }
        if (caller.Role >= role) return next(http);
        log.Forbidden(caller.Name, ErrorGate.RouteOf(http), TokenFile.NameOf(role));
        throw new ApiFault(StatusCodes.Status403Forbidden, $"this needs the role {TokenFile.NameOf(role)}; the token '{caller.Name}' has {TokenFile.NameOf(caller.Role)}");
    }
}
