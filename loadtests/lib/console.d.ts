// k6 has a console of its own, which its types leave out.
declare const console: { error(text: string): void; info(text: string): void };
