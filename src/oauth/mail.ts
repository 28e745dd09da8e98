/** What the authorization server needs of whoever sends mail. Texts hold no health data and never a password. */
export interface Mail {
  send(message: { to: string; subject: string; text: string }): Promise<void>
}
