using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace StressFarm.Silo.Api;

/// <summary>What <c>/openapi/v1.json</c> says beyond the endpoints themselves: the token, and the one request that has a body.</summary>
internal static class ApiDescription
{
    private const string Scheme = "token";

    public static void Configure(OpenApiOptions options)
    {
        options.AddDocumentTransformer((document, _, _) =>
        {
            document.Info = new OpenApiInfo { Title = "StressFarm", Version = "v1", Description = "The farm: campaigns, their findings, reports and ledgers." };
            document.Servers = [];
            document.Components ??= new OpenApiComponents();
            document.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>
            {
                [Scheme] = new OpenApiSecurityScheme { Type = SecuritySchemeType.Http, Scheme = "bearer", Description = "demanded wherever the silo has a token file" },
            };
            return Task.CompletedTask;
        });
        options.AddOperationTransformer((operation, context, _) =>
        {
            AccessNeed? need = context.Description.ActionDescriptor.EndpointMetadata.OfType<AccessNeed>().LastOrDefault();
            if (need?.Role is { } role)
            {
                operation.Description = $"Needs the role {TokenFile.NameOf(role)}.";
                operation.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(Scheme, context.Document)] = [] }];
            }
            if (context.Description is { HttpMethod: "POST", RelativePath: "api/v1/campaigns" }) operation.RequestBody = CampaignFile();
            return Task.CompletedTask;
        });
    }

    private static OpenApiRequestBody CampaignFile()
    {
        var text = new OpenApiMediaType { Schema = new OpenApiSchema { Type = JsonSchemaType.String } };
        var content = new Dictionary<string, OpenApiMediaType>();
        foreach (string type in Parameters.BodyTypes) content.Add(type, text);
        return new OpenApiRequestBody { Required = true, Description = "a campaign file; docs/campaigns.md lists its keys", Content = content };
    }
}
