// An interface's schema as a plugin's file carries it (cleat/sdk/interface.h): the interface with everything that its
// methods take and give, a CodeGeneratorRequest with a segment table, in words.
#pragma once

#include <capnp/message.h>
#include <capnp/schema.capnp.h>
#include <capnp/serialize.h>

#include <cstdint>
#include <cstring>
#include <map>
#include <vector>

using NodesById = std::map<uint64_t, capnp::schema::Node::Reader>;

inline void gatherNode(const NodesById& all, uint64_t id, NodesById& into);

// What a node's types refer to, and theirs.
inline void gatherType(const NodesById& all, capnp::schema::Type::Reader type, NodesById& into) {
  if (type.isList()) return gatherType(all, type.getList().getElementType(), into);
  if (type.isStruct()) return gatherNode(all, type.getStruct().getTypeId(), into);
  if (type.isEnum()) gatherNode(all, type.getEnum().getTypeId(), into);
}

inline void gatherNode(const NodesById& all, uint64_t id, NodesById& into) {
  capnp::schema::Node::Reader node = all.at(id);
  if (!into.emplace(id, node).second) return;
  if (node.isInterface()) {
    for (auto method : node.getInterface().getMethods()) {
      gatherNode(all, method.getParamStructType(), into);
      gatherNode(all, method.getResultStructType(), into);
    }
  }
  if (!node.isStruct()) return;
  for (auto field : node.getStruct().getFields()) {
    if (field.isGroup()) {
      gatherNode(all, field.getGroup().getTypeId(), into);
    } else {
      gatherType(all, field.getSlot().getType(), into);
    }
  }
}

inline std::vector<uint64_t> interfaceSchema(const NodesById& all, capnp::schema::Node::Reader interface) {
  NodesById needed;
  gatherNode(all, interface.getId(), needed);
  capnp::MallocMessageBuilder message(1 << 16);
  auto request = message.initRoot<capnp::schema::CodeGeneratorRequest>();
  request.initRequestedFiles(1)[0].setId(interface.getId());
  auto list = request.initNodes(static_cast<unsigned>(needed.size()));
  unsigned at = 0;
  for (const auto& [id, each] : needed) list.setWithCaveats(at++, each);
  const auto words = capnp::messageToFlatArray(message);
  std::vector<uint64_t> copy(words.size());
  std::memcpy(copy.data(), words.begin(), words.size() * sizeof(uint64_t));
  return copy;
}
