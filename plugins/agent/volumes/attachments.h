// Volumes that have to be attached to this node before they are mounted. Somebody else attaches them, and takes nothing
// away while this node says in its status that it uses it: so that is said first, and taken back when the last pod's
// volume is unmounted. Strand only.
#pragma once

#include <cleat/sdk/client.h>
#include <cleat/sdk/keyed_lock.h>

#include <functional>
#include <map>
#include <set>
#include <string>

#include "node/own_node.h"

namespace cleat::agent {

class Attachments {
 public:
  Attachments(Context& context, OwnNode& self) : context_(context), client_(context), self_(self) {}

  // What the pods that were here before have mounted: from now on what is said of others is taken back.
  Task<void> takeOver(std::map<std::string, std::set<std::string>> pods);

  // Waits until the volume is attached, and gives what the attacher says of it. `isUseless`: nobody wants it any more.
  using Metadata = std::map<std::string, std::string>;
  Task<Result<Metadata>> wait(std::string driver, std::string handle, std::string podUid,
                              std::function<bool()> isUseless);
  // The pod has it mounted no more.
  Task<Result<void>> release(std::string unique, std::string podUid);

 private:
  Task<Result<void>> hold(std::string unique, std::string podUid);
  Task<Result<void>> write();
  bool isListed(const std::string& unique) const;
  Task<Result<Metadata>> metadataOf(std::string name);

  Context& context_;
  Client client_;
  OwnNode& self_;
  std::map<std::string, std::set<std::string>> pods_;  // by the volume's unique name, who uses it
  bool takenOver_ = false;
  KeyedLock writing_{context_};
};

}  // namespace cleat::agent
