import type { Environment, EnvironmentLease, EnvironmentService } from "paperclip-environment-service";

/** What the work is done on. */
export interface Held {
  host: Environment;
  lease: EnvironmentLease;
}

/** Shares a company's SSH hosts out among jobs. */
export function buildHosts(environments: EnvironmentService, companyId: string) {
  /** The host that the fewest jobs hold; the first of those that are equally free. */
  async function freest(): Promise<Environment> {
    const hosts = await environments.list(companyId, { driver: "ssh", status: "active" });
    const leases = await Promise.all(
      hosts.map(({ id }) => environments.listLeases(id, { status: "active" })),
    );
    const order = hosts.map((host, number) => ({ host, jobs: leases[number]?.length ?? 0 }));
    const [best] = order.sort((one, other) => one.jobs - other.jobs);
    if (best === undefined) throw new Error("The company has no active SSH host");
    return best.host;
  }

  return {
    freest,

    /** Holds a host for as long as the work takes. The lease ends with it, and says how it ended. */
    async run<T>(job: string, work: (held: Held) => Promise<T>): Promise<T> {
      const host = await freest();
      const lease = await environments.acquireLease({
        companyId,
        environmentId: host.id,
        provider: "build-hosts",
        metadata: { job },
      });
      try {
        const result = await work({ host, lease });
        await environments.releaseLease(lease.id);
        return result;
      } catch (error) {
        const failureReason = error instanceof Error ? error.message : String(error);
        await environments.releaseLease(lease.id, "failed", { failureReason });
        throw error;
      }
    },
  };
}
