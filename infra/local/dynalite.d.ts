declare module 'dynalite' {
  import type { Server } from 'node:http';

  type DynaliteOptions = {
    /** LevelDB folder; in memory without it. */
    path?: string;
    createTableMs?: number;
    updateTableMs?: number;
    deleteTableMs?: number;
  };
  function dynalite(options: DynaliteOptions): Server;
  export = dynalite;
}
