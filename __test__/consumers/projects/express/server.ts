import { once } from "node:events";
import type { AddressInfo } from "node:net";

import express, { type ErrorRequestHandler } from "express";

import { createDb } from "./db.js";
import { environmentRoutes } from "./routes.js";

/** Express hands it what the promise of a route is rejected with. */
const onError: ErrorRequestHandler = (error, _request, response, _next) => {
  response.status(500).json({ error: error.message, code: error.code });
};

/** A server on a free port. */
export async function startServer(databaseUrl: string) {
  const db = createDb(databaseUrl);
  const app = express();
  app.use(express.json());
  app.use("/api", environmentRoutes(db));
  app.use(onError);

  const server = app.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/api`,
    async close() {
      server.close();
      server.closeAllConnections();
      await db.$client.end();
    },
  };
}
