// ShapePlan: where a struct of the SDK's own holds pointers, and of which kind each has to be: what checkShape
// (message_shape.h) asks of every message that a plugin passes, worked out once of a schema, when the first such
// message comes. Following it costs a twentieth of reading the message by its schema.
//
// Thread-safe. It says nothing of what is wrong with a message; the schema does.
#pragma once

#include <capnp/schema.h>

#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "core/object/words.h"

namespace cleat::object {

class ShapePlan {
 public:
  explicit ShapePlan(capnp::StructSchema schema);
  ~ShapePlan();
  ShapePlan(const ShapePlan&) = delete;
  ShapePlan& operator=(const ShapePlan&) = delete;

  capnp::StructSchema schema() const { return schema_; }
  // Whether the struct is as its schema has it, and its texts UTF-8. False as well for what is rare enough to be read
  // by the schema: lists of lists, and lists of another version's element size.
  bool fits(words::StructView root) const;

 private:
  struct Part;
  struct Pointer;
  const Part* plan(capnp::StructSchema schema) const;
  static bool fits(const Part& part, words::StructView view);
  static bool fits(const Pointer& pointer, words::StructView view);

  const capnp::StructSchema schema_;
  mutable std::once_flag planned_;
  mutable std::vector<std::unique_ptr<Part>> parts_;  // the first is the root's
};

}  // namespace cleat::object
