import { once } from "node:events";
import type { AddressInfo } from "node:net";

import express, { type ErrorRequestHandler } from "express";

import { createDb } from "./db.js";
import { environmentRoutes } from "./routes.js";

/** Express hands it what the promise of a route is rejected with. */
const onError: ErrorRequestHandler = (error, _request, response, _next) => {
  // A value that PostgreSQL refuses, or of the wrong type, is the client's mistake.
  const isTheirs = error instanceof TypeError || /^2[23]/.test(error.code);
  response.status(isTheirs ? 400 : 500).json({ error: error.message, code: error.code });
};

/** A server; on a free port, if none is named. */
export async function startServer(databaseUrl: string, port = 0) {
  const db = createDb(databaseUrl);
  const app = express();
  app.use(express.json());
  app.use("/api", environmentRoutes(db));
  app.use(onError);

  const server = app.listen(port, "127.0.0.1");
  await once(server, "listening");
  const address = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${address.port}/api`,
    async close() {
      server.close();
      server.closeAllConnections();
      await db.$client.end();
    },
  };
}
