import { openDoor } from "../ground/door.ts";

// The database's own address, in its site's namespace: HOST PORT SOCKET. What comes in goes on by a socket file, which has no
// namespace. Ends with whoever started it, however that one ends.
const [host = "", port = "", path = ""] = process.argv.slice(2);
await openDoor({ host, port: Number(port) }, () => ({ path }));
console.log("open");
process.stdin.on("end", () => process.exit(0)).resume();
