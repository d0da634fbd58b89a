// JsonObject: an object of JSON as it is written, member by member.
//
//   std::string text;
//   {
//     JsonObject review(text);
//     review.text("kind", "TokenReview");
//     JsonObject spec(review.name("spec"));
//     spec.textIfAny("token", token);
//   }
#pragma once

#include <capnp/list.h>
#include <cleat/schema/role/authn.capnp.h>
#include <cleat/sdk/json_tree.h>

#include <string>
#include <string_view>

namespace cleat::webhook {

class JsonObject {
 public:
  explicit JsonObject(std::string& out) : out_(out) { out_ += '{'; }
  ~JsonObject() { out_ += '}'; }
  JsonObject(const JsonObject&) = delete;
  JsonObject& operator=(const JsonObject&) = delete;

  // What is appended next is the member's value.
  std::string& name(std::string_view name) {
    if (!isFirst_) out_ += ',';
    isFirst_ = false;
    appendJsonText(out_, name);
    return out_ += ':';
  }
  void text(std::string_view key, std::string_view value) { appendJsonText(name(key), value); }
  void textIfAny(std::string_view key, std::string_view value) {
    if (!value.empty()) text(key, value);
  }
  // What is JSON already.
  void raw(std::string_view key, std::string_view json) { name(key) += json; }
  void texts(std::string_view key, capnp::List<capnp::Text>::Reader values) {
    std::string& out = name(key);
    out += '[';
    for (uint32_t i = 0; i < values.size(); ++i) {
      if (i > 0) out += ',';
      appendJsonText(out, view(values[i]));
    }
    out += ']';
  }
  void textsIfAny(std::string_view key, capnp::List<capnp::Text>::Reader values) {
    if (values.size() > 0) texts(key, values);
  }
  void extraIfAny(std::string_view key, capnp::List<role::Extra>::Reader extra) {
    if (extra.size() == 0) return;
    JsonObject members(name(key));
    for (auto each : extra) members.texts(view(each.getKey()), each.getValues());
  }

 private:
  std::string& out_;
  bool isFirst_ = true;
};

}  // namespace cleat::webhook
