/**
 * What a hospital allows its doctors while the patient has said nothing: those who treat the patient see what is not labelled;
 * every doctor does; or nobody does, with break-glass and without. A Consent for all who treat the patient takes its place.
 *
 * https://profiles.ihe.net/ITI/PCF/volume-1.html#15321-implicit-consent-option
 */
export const implicitPolicies = ['normal', 'all-normal', 'break-glass-only', 'deny'] as const

export type ImplicitPolicy = (typeof implicitPolicies)[number]
