/** The one stylesheet of the account pages: readable on a phone, in the dark, and without any font of its own. */
export const stylesheet = `:root { color-scheme: light dark; --ink: #16232e; --paper: #f4f6f8; --card: #fff; --line: #8696a4; --accent: #0b5cad; --on-accent: #fff; --bad: #a4161a; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8eef3; --paper: #10181f; --card: #1a252e; --line: #6b7c8a; --accent: #7ab8f5; --on-accent: #0b1620; --bad: #ff9a9a; } }
* { box-sizing: border-box; }
body { margin: 0; padding: 1rem; background: var(--paper); color: var(--ink); font: 1.0625rem/1.5 system-ui, sans-serif; }
main { max-width: 30rem; margin: 4vh auto; padding: 1.5rem; background: var(--card); border-radius: .75rem; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 1rem; }
.brand { margin: 0 0 .5rem; font-weight: 600; color: var(--accent); }
label { display: block; font-weight: 600; }
.field { margin: 0 0 1.25rem; }
.hint { margin: .25rem 0; font-weight: 400; }
.problem { margin: .25rem 0; color: var(--bad); font-weight: 600; }
input:not([type=checkbox], [type=radio]), textarea { width: 100%; min-height: 2.75rem; padding: .5rem .75rem; font: inherit; color: inherit; background: var(--card); border: 1px solid var(--line); border-radius: .375rem; }
.choice { display: flex; gap: .75rem; align-items: flex-start; padding: .5rem 0; font-weight: 400; }
.choice input { width: 1.25rem; height: 1.25rem; margin-top: .125rem; flex: none; }
.choice code { overflow-wrap: anywhere; font-size: .875rem; }
fieldset { margin: 0 0 1.25rem; padding: 0; border: 0; }
legend { font-weight: 600; padding: 0; }
.narrow { margin: 0 0 .75rem 2rem; }
.narrow summary { cursor: pointer; min-height: 1.75rem; color: var(--accent); }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
button, .button { display: inline-block; min-height: 2.75rem; padding: .5rem 1.25rem; font: inherit; font-weight: 600; text-decoration: none; border: 1px solid var(--accent); border-radius: .375rem; background: var(--accent); color: var(--on-accent); cursor: pointer; }
button.second, .button.second { background: transparent; color: var(--accent); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
a { color: var(--accent); }
.notice { padding: .75rem 1rem; border-left: .25rem solid var(--accent); background: var(--paper); margin: 0 0 1.25rem; }
.notice.bad { border-color: var(--bad); }
h2 { font-size: 1.2rem; line-height: 1.3; margin: 2rem 0 .5rem; }
h3 { font-size: 1.0625rem; margin: 1.5rem 0 .25rem; }
.qr { max-width: 15rem; }
.qr svg { display: block; width: 100%; border-radius: .375rem; }
code.key { font-size: 1.0625rem; overflow-wrap: anywhere; }
.codes { columns: 2; padding-left: 2rem; font-size: 1.0625rem; }
.codes li { padding: .125rem 0; break-inside: avoid; }
.codes code { white-space: nowrap; }
.cards { list-style: none; padding: 0; }
.cards > li { padding: .75rem 1rem; margin: 0 0 .75rem; border: 1px solid var(--line); border-radius: .375rem; }
.cards p { margin: 0 0 .5rem; }
.cards h3 { margin-top: 0; }
details form { margin: .75rem 0; }
summary { display: inline-block; min-height: 2.75rem; line-height: 2.75rem; color: var(--accent); cursor: pointer; text-decoration: underline; }
button.bad { border-color: var(--bad); color: var(--bad); }
button:disabled { opacity: .5; cursor: default; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
@media (max-width: 26rem) { body { padding: .5rem; } main { padding: 1rem; } .codes { columns: 1; } }
@media print { :root { --ink: #000; --paper: #fff; --card: #fff; --accent: #000; } main { margin: 0; max-width: none; padding: 0; } form, .button, details { display: none; } }
`
