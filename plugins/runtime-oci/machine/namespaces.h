// Work inside the namespaces of a sandbox, done by a thread that enters them and ends: the rest of this process stays
// where it is.
//
// Blocks until the thread has ended.
#pragma once

#include <cleat/sdk/file.h>
#include <cleat/sdk/status.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace cleat::runtime {

// Calls `work` on a thread that has entered namespaces of the process (flags: CLONE_NEWNET, …).
Result<void> insideProcess(int pid, int flags, const std::function<Result<void>()>& work);

// Calls `work` on a thread that has entered the network namespace at `path`; an empty path is the host's.
Result<void> insideNetwork(const std::string& path, const std::function<Result<void>()>& work);

// Calls `work` on a thread whose working directory is `folder`.
Result<void> insideFolder(const std::string& folder, const std::function<Result<void>()>& work);

struct Sysctl {
  std::string name, value;  // "net.ipv4.tcp_syncookies"
};

// Sets kernel parameters in a sandbox. Those that are not separate for each network or IPC namespace would change the
// whole machine, and are refused, as are those of a namespace that the sandbox shares with the host. `root` is which
// user of the machine is root in the sandbox's user namespace; without one it is root itself.
Result<void> applySysctls(int pausePid, const std::vector<Sysctl>& sysctls, bool hostNetwork, bool hostIpc,
                          std::optional<uint32_t> root = {});

// A TCP connection to a port on the loopback address inside the network namespace at `path` (empty: the host's).
Result<Fd> connectInside(const std::string& path, uint16_t port, int timeoutMs);

// Whether the process exists, is no zombie and has `argument` as one of its arguments: how a process that we started is
// recognised although we did not keep hold of it.
bool isProcessWith(int pid, const std::string& argument);

// The number that a file holds, as one with a process id does; 0 where there is none.
int numberInFile(const std::string& path);

// A descriptor that becomes readable when the process ends; empty when it has.
Fd processDescriptor(int pid);

}  // namespace cleat::runtime
