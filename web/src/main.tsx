import { render } from "preact";

import { App } from "./app.js";

// The gallery knows better where it was: when the browser would scroll, it is not there yet.
history.scrollRestoration = "manual";
const root = document.getElementById("app");
if (root) render(<App />, root);
