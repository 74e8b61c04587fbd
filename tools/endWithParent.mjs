// Loaded before the program by tools/node24.mjs: ends this process when its parent is gone, even after a
// SIGKILL that no handler of the parent could see.
const parent = process.ppid;
setInterval(() => {
  if (process.ppid !== parent) process.kill(process.pid, 'SIGKILL');
}, 200).unref();
