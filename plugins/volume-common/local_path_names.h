// The words by which the provisioner of local volumes and the nodes that have them tell each other what to do. A node
// says in an annotation where it keeps such volumes; a volume says in a label which node has it. When a volume is to go
// it is deleted, and its finalizer is the node's to take away once what it held is gone.
#pragma once

namespace cleat::local_path {

inline constexpr const char* kProvisioner = "cleat/local-path";
inline constexpr const char* kFolder = "cleat/local-path-folder";  // annotation of a node
inline constexpr const char* kNode = "cleat/local-path-node";      // label of a volume
inline constexpr const char* kFinalizer = "cleat/local-path";

}  // namespace cleat::local_path
