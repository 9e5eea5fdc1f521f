/**
 * `npm start`: the server, until it is interrupted. With DATABASE_URL on that database, otherwise on a
 * PostgreSQL of its own, which holds one company and is thrown away in the end.
 */

import { once } from "node:events";

import { startServer } from "./server.js";
import { startDatabase } from "./support/database.mjs";

const given = process.env.DATABASE_URL;
const database = given ? null : await startDatabase();
const server = await startServer(given ?? database!.url, Number(process.env.PORT ?? 0));

console.log(`Listening on ${server.url}`);
if (database) {
  const list = `${server.url}/companies/${database.companyId}/environments`;
  console.log(`  curl ${list}`);
  console.log(`  curl ${list} --json '{ "name": "Build host", "driver": "ssh" }'`);
}

await Promise.race([once(process, "SIGINT"), once(process, "SIGTERM")]);
await server.close();
await database?.stop();
process.exit();
