/** The addon, with as many connections as the others have. */

import { addon } from "./addon.mjs";
import { CONNECTIONS } from "./provider.mjs";

export const load = () => addon({ maxConnections: CONNECTIONS });
