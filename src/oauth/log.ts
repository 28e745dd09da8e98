/** What the room needs of a logger; pino's is one. */
export interface Log {
  error(details: { err: unknown }, message: string): void
}
