/**
 * The 32-bit seed that a salt stands for: FNV-1a over its UTF-16 units, low byte first. A seed needs only to differ where the
 * salts do, since the users' hash mixes it well; so it can be worked out here, without a library, and never changes.
 */
export function seedOf(salt: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < salt.length; at += 1) {
    const unit = salt.charCodeAt(at);
    hash = Math.imul(hash ^ (unit & 0xff), 0x01000193);
    hash = Math.imul(hash ^ (unit >>> 8), 0x01000193);
  }
  return hash >>> 0;
}
