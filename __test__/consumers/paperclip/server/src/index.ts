import { createDb } from "@paperclipai/db";
import type { Environment } from "@paperclipai/shared";

import { environmentService } from "./services/index.js";

const db = createDb(process.env.TEST_DATABASE_URL!);
const local: Environment = await environmentService(db).ensureLocalEnvironment(process.env.TEST_COMPANY_ID!);
console.log(local.name);
process.exit(0);
