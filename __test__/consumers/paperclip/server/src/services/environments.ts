// The place of Paperclip's own service.

import type { Db } from "@paperclipai/db";
import type { Environment } from "@paperclipai/shared";

export function environmentService(_db: Db) {
  return {
    ensureLocalEnvironment: async (_companyId: string): Promise<Environment> => ({
      id: "",
      name: "Paperclip's own",
    }),
  };
}
