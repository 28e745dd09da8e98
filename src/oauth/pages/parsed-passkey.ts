/**
 * What the script put into the form: the browser's answer to a challenge, as JSON that anybody could have written.
 *
 * https://www.w3.org/TR/webauthn-3/#dictdef-authenticationresponsejson
 */
export function parsedPasskey(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
