export { environmentService } from "./environments.js";
