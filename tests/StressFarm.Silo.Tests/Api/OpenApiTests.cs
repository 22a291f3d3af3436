using System.Text.Json;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using StressFarm.Silo.Api;

namespace StressFarm.Silo.Tests.Api;

public sealed class OpenApiTests
{
    [Fact]
    public async Task Every_endpoint_is_described_with_its_answers_and_nothing_else_is()
    {
        await using ApiHost host = await ApiHost.Start();
        using JsonDocument document = JsonDocument.Parse((await host.Get("/openapi/v1.json")).Body);
        var described = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (JsonProperty path in document.RootElement.GetProperty("paths").EnumerateObject())
            foreach (JsonProperty operation in path.Value.EnumerateObject())
            {
                Assert.NotEmpty(operation.Value.GetProperty("summary").GetString()!);
                described.Add($"{operation.Name.ToUpperInvariant()} {path.Name}",
                    string.Join(' ', operation.Value.GetProperty("responses").EnumerateObject().Select(r => r.Name).Order(StringComparer.Ordinal)));
            }
        var mapped = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (RouteEndpoint endpoint in host.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>())
        {
            string pattern = "/" + endpoint.RoutePattern.RawText!.TrimStart('/');
            if (pattern == FarmApiEndpoints.OpenApiAddress) continue;
            mapped.Add($"{Assert.Single(endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()!.HttpMethods)} {pattern}",
                string.Join(' ', endpoint.Metadata.GetOrderedMetadata<IProducesResponseTypeMetadata>().Select(p => $"{p.StatusCode}").Distinct().Order(StringComparer.Ordinal)));
        }
        Assert.Equal(mapped, described);
        Assert.Equal(20, described.Count);
        Assert.Equal("200 201 400 401 403 413 415 429 503", described["POST /api/v1/campaigns"]);
    }

    [Fact]
    public async Task The_description_names_the_body_the_parameters_and_the_token()
    {
        await using ApiHost host = await ApiHost.Start();
        using JsonDocument document = JsonDocument.Parse((await host.Get("/openapi/v1.json")).Body);
        JsonElement paths = document.RootElement.GetProperty("paths"), submit = paths.GetProperty("/api/v1/campaigns").GetProperty("post");
        Assert.True(submit.GetProperty("requestBody").GetProperty("content").TryGetProperty("application/yaml", out _));
        Assert.NotEmpty(submit.GetProperty("security").EnumerateArray());
        string[] ledger = [.. paths.GetProperty("/api/v1/campaigns/{id}/ledger").GetProperty("get").GetProperty("parameters").EnumerateArray().Select(p => p.GetProperty("name").GetString()!)];
        Assert.Equal(["id", "from", "limit"], ledger);
        Assert.Equal("bearer", document.RootElement.GetProperty("components").GetProperty("securitySchemes").GetProperty("token").GetProperty("scheme").GetString());
        Assert.DoesNotContain("127.0.0.1", document.RootElement.ToString());
    }
}
