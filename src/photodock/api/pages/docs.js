"use strict";
// The document names no server: calls go to where this page comes from.
SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#reference",
  deepLinking: true,
  layout: "BaseLayout",
  presets: [SwaggerUIBundle.presets.apis, SwaggerUIBundle.SwaggerUIStandalonePreset],
  // The schemas' list, longer than all calls together, is opened by whoever wants it.
  defaultModelsExpandDepth: 0,
  // No third party is asked anything, be it a validator's badge.
  validatorUrl: null,
});
