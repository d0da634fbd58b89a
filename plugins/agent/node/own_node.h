// This node as the API has it: what pods are held against. Strand only.
#pragma once

#include <cleat/sdk/client.h>
#include <cleat/sdk/informer.h>
#include <cleat/sdk/kinds/core_v1.h>

#include <string>

namespace cleat::agent {

class OwnNode {
 public:
  explicit OwnNode(Context& context)
      : name_(context.config().nodeName()), client_(context),
        informer_(context, {.fieldSelector = "metadata.name=" + name_}) {}

  void start() { informer_.start(); }

  // As it was seen last, which may be a moment ago; refers to nothing while it is not known.
  Object<core_v1::Node> known() const { return informer_.get("", name_); }
  // As it is now.
  Task<Result<Object<core_v1::Node>>> ask() { return client_.get<core_v1::Node>("", name_); }

 private:
  std::string name_;
  Client client_;
  Informer<core_v1::Node> informer_;
};

}  // namespace cleat::agent
