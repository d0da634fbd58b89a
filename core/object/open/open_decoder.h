// OpenDecoder: the members of an open object from JSON to a tree, as its schema says: what the schema does not know is
// pruned and told, nulls where none may be are taken away, and what is absent gets its default (Kubernetes,
// CustomResourceDefinition: pruning, defaulting and nullable). For one object and one thread. Private to core/object.
#pragma once

#include <boost/json/object.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/object/open/open_schema.h"
#include "core/object/words.h"

namespace cleat::object {

class OpenDecoder {
 public:
  // Unknown fields are added to `unknown` (`unknown field "spec.foo"`), at most as many as a reader is told.
  OpenDecoder(words::WordWriter& out, std::vector<std::string>& unknown) : out_(out), unknown_(unknown) {}

  // All members but apiVersion, kind and metadata become the list at `pointer`. Throws words::TooManyWords.
  void root(const OpenNode& schema, const boost::json::object& object, size_t pointer);

 private:
  using Value = boost::json::value;
  // How much of what is found is known.
  struct Place {
    const OpenNode* node;  // null: nothing
    bool keepsAll;         // within something that is preserved whatever it is
  };
  struct Member {
    std::string_view name;
    const Value* value;
    Place place;
  };
  struct Step {
    std::string_view name;
    int64_t index = -1;
  };

  std::vector<Member> membersOf(Place place, const boost::json::object& object, bool isRoot);
  bool place(Place within, std::string_view name, bool isRoot, Place& out) const;
  void addDefaults(const OpenNode& node, const boost::json::object& object, std::vector<Member>& members) const;
  void object(std::vector<Member> members, size_t pointer);
  void list(Place place, const boost::json::array& array, size_t pointer);
  void value(Place place, const Value& value, size_t at);
  void tellUnknown(std::string_view name);

  words::WordWriter& out_;
  std::vector<std::string>& unknown_;
  std::vector<Step> path_;
};

}  // namespace cleat::object
