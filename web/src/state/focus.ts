/** Puts the focus on the messages, before the control that has it goes away: the keys, and Tab, go on from there. */
export function toMessages(): void {
  document.querySelector<HTMLElement>('.messages')?.focus({ preventScroll: true });
}
