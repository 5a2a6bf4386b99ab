import type { CommandName } from "./types";

/** What a session was given when it confirmed: kept in this tab's memory, nowhere else. */
let token: { text: string; until: number } | null = null;

export function keepToken(text: string, seconds: number, now = Date.now()): void {
  token = { text, until: now + seconds * 1000 };
}

/** The token while it holds; a few seconds early, so that a command does not meet its end. */
export function tokenNow(now = Date.now()): string | null {
  return token !== null && token.until - 5_000 > now ? token.text : null;
}

export function forgetToken(): void {
  token = null;
}

/** What is asked of a bot; the same id again is the same command. */
export type Wish = { name: CommandName; args: Record<string, string> };

/** A UUIDv7: made here, so that a double click or a second try is one command. */
export function newId(
  now = Date.now(),
  random = crypto.getRandomValues(new Uint8Array(10)),
): string {
  const hex = (value: number, digits: number) => value.toString(16).padStart(digits, "0");
  const time = hex(now, 12);
  const bytes = [...random];
  const [a = 0, b = 0, c = 0] = bytes;
  const tail = bytes
    .slice(3, 10)
    .map((byte) => hex(byte, 2))
    .join("");
  const rest = hex(c, 2).slice(1);
  return `${time.slice(0, 8)}-${time.slice(8)}-7${hex(a, 2)}${rest}-${hex(0x80 | (b & 0x3f), 2)}${tail.slice(0, 2)}-${tail.slice(2)}`;
}
