import { createRequire } from "node:module";

const require = createRequire(import.meta.url);

/** Whether the addon can be loaded from any of its places. */
export function addonLoads() {
  try {
    require("../src-js/addon");
    return true;
  } catch {
    return false;
  }
}
