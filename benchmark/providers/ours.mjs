/** The addon, with as many connections as the others have. */

import { addon } from "./addon.mjs";
import { CONNECTIONS } from "./index.mjs";

export const load = () => addon({ maxConnections: CONNECTIONS });
