// NodeLock: this process alone is the node in its network namespace. The bridge, the addresses of containers and the
// netfilter rules are one set for a network, so two nodes in it would undo each other's; in two network namespaces of a
// machine there may be two.
//
// A file of /run/cleat, named after the namespace, is lock and record at once. The lock is the kernel's (flock), so it
// goes away with the process however that ends. The record, a line with the data folder, stays: containers and rules
// outlive the process by design, and only a node with the same folder knows them. etc/node-cleanup.sh removes it with
// all else, and a reboot with what it told of. Root's alone, so nobody else can hold the lock or write the record.
#pragma once

#include <cleat/sdk/status.h>

#include <string>
#include <utility>

namespace cleat::app {

class NodeLock {
 public:
  // Refused while another process is the node here, and where one with another data folder has been and that folder
  // still holds something. The error names the folder and what to do. `dataDir` is canonical.
  static Result<NodeLock> take(const std::string& dataDir, const std::string& folder = "/run/cleat");
  NodeLock(NodeLock&& other) noexcept : file_(std::exchange(other.file_, -1)), first_(other.first_) {}
  NodeLock& operator=(NodeLock&&) = delete;
  ~NodeLock();  // the record stays

  // Nothing has been started after all: leaves no record, unless an earlier run has.
  void withdraw();

 private:
  explicit NodeLock(int file) : file_(file) {}
  int file_;
  bool first_ = false;
};

}  // namespace cleat::app
