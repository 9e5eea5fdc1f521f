export { environmentService } from "paperclip-environment-service";
export type { Environment, EnvironmentLease, EnvironmentService } from "paperclip-environment-service";
