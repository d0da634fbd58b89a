// A cluster of one object, to which managers apply and which they update in turn.
#pragma once

#include <boost/json/value.hpp>

#include <string>
#include <vector>

#include "core/object/apply/apply.h"
#include "core/object/codec.h"
#include "core/object/patch/patch.h"
#include "tests/core/object/reference.h"
#include "tests/core/object/test_kinds.h"
#include "tests/core/object/values.h"

namespace cleat::object {

inline constexpr int64_t kSecond = 1'000'000'000;

class Cluster {
 public:
  explicit Cluster(const std::string& kind) : kind_(test::kind(kind)) {}

  std::string apply(const std::string& manager, std::string_view text, bool force = false) {
    FieldWriter writer{manager, {}, ++time_ * kSecond, force};
    const Ref<const Message> live = exists_ ? decode(kind_, live_, FieldValidation::strict)->message : nullptr;
    Result<Ref<const Message>> result = applyFields(kind_, live.get(), test::parse(text), writer);
    if (!result) return result.error().message;
    live_ = toValue(kind_, (*result)->words());
    exists_ = true;
    return "";
  }
  std::string update(const std::string& manager, std::string_view text, const std::string& subresource = {}) {
    Result<Decoded> updated = decode(kind_, test::parse(text), FieldValidation::strict);
    if (!updated) return updated.error().message;
    Ref<const Message> live;
    if (exists_) live = decode(kind_, live_, FieldValidation::strict)->message;
    FieldWriter writer{manager, subresource, ++time_ * kSecond};
    live_ = toValue(kind_, trackUpdate(kind_, live.get(), updated->message, writer)->words());
    exists_ = true;
    return "";
  }
  // As admission changes an object: nobody comes to own what it does.
  void admit(std::string_view patch) {
    const boost::json::value changed = *applyMergePatch(live_, test::parse(patch));
    live_ = toValue(kind_, decode(kind_, changed, FieldValidation::strict)->message->words());
  }
  std::string timeOf(size_t index) const {
    return std::string(live_.at("metadata").at("managedFields").as_array().at(index).at("time").as_string());
  }
  // Without apiVersion, kind and what manages it.
  std::string text() const {
    boost::json::value shown(live_);
    shown.as_object().erase("apiVersion");
    shown.as_object().erase("kind");
    if (auto* metadata = shown.as_object().if_contains("metadata")) metadata->as_object().erase("managedFields");
    return test::sortedText(shown);
  }
  // "manager operation {fields}" of each.
  std::vector<std::string> managers() const {
    std::vector<std::string> out;
    const boost::json::value* list = live_.at("metadata").as_object().if_contains("managedFields");
    if (!list) return out;
    for (const boost::json::value& entry : list->as_array()) {
      out.push_back(std::string(entry.at("manager").as_string()) + " " +
                    std::string(entry.at("operation").as_string()) + " " + test::sortedText(entry.at("fieldsV1")));
    }
    return out;
  }

 private:
  const Kind& kind_;
  boost::json::value live_;
  bool exists_ = false;
  int64_t time_ = 0;
};

}  // namespace cleat::object
