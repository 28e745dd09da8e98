import type { Transaction } from '../store/store.ts'

/** What the authorization server needs of whoever sends mail. Texts hold no health data and never a password. */
export interface Mail {
  /** Kept when the transaction commits, and sent soon after; whether that succeeds is nothing to wait for. */
  send(tx: Transaction, message: { to: string; subject: string; text: string }): Promise<void>
}
