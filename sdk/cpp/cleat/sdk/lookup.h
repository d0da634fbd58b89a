// Objects by their names, as plugins need them that decide about others: from an informer where it knows them, and else
// from where they are kept, since what was made a moment ago an informer may not have heard of.
//
//   Lookup<core_v1::Namespace> namespaces_{context()};   // needs get, list and watch
//   namespaces_.start();
//   auto ns = co_await namespaces_.find("", name);
#pragma once

#include <cleat/sdk/client.h>
#include <cleat/sdk/informer.h>

#include <string>

namespace cleat {

template <class K>
class Lookup {
 public:
  explicit Lookup(Context& context) : client_(context), known_(context) {}

  void start() { known_.start(); }
  // 404 where there is none.
  Task<Result<Object<K>>> find(std::string ns, std::string name) {
    Object<K> known = known_.get(ns, name);
    if (known) co_return known;
    auto pending = client_.get<K>(ns, name);
    co_return co_await std::move(pending);
  }
  const Informer<K>& known() const { return known_; }

 private:
  Client client_;
  Informer<K> known_;
};

}  // namespace cleat
