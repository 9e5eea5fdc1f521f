/** The addon as it is without any option. */

import { addon } from "./addon.mjs";

export const load = () => addon({});
