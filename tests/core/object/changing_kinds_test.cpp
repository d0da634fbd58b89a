// Kinds that are replaced while others look them up and read objects by them: for a sanitizer above all.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "core/object/codec.h"
#include "core/object/object.h"
#include "tests/core/object/open/open_kinds.h"

namespace cleat::object {
namespace {

constexpr int kReplacements = 200;
constexpr int kReaders = 4;

std::string schemaWith(int number) {
  return R"({"type":"object","properties":{"spec":{"type":"object","default":{},"properties":{
      "a":{"type":"integer"},"n":{"type":"integer","default":)" +
         std::to_string(number) + "}}}}}";
}

std::vector<test::OpenVersion> versions(int number) {
  return {{.name = "v1", .schema = schemaWith(number), .storage = true}, {.name = "v2", .schema = schemaWith(number)}};
}

ObjectRef stored(const Kind& kind, const std::string& name) {
  return makeRef<const Object>(kind, "ns", name, uint64_t{7},
                               R"({"apiVersion":")" + kind.apiVersion() + R"(","kind":"CronTab","metadata":{"name":")" +
                                   name + R"(","namespace":"ns","resourceVersion":"7"},"spec":{"a":1}})");
}

TEST(ChangingKinds, ObjectsAreReadWhileTheirKindIsReplaced) {
  KindRegistry registry;
  ASSERT_TRUE(test::offerCronTabs(registry, versions(0)));
  KindRef first = registry.find("example.com", "v1", "crontabs");
  std::vector<ObjectRef> objects;
  for (int i = 0; i < 8; ++i) objects.push_back(stored(*first, "o" + std::to_string(i)));
  std::atomic<bool> done{false};
  std::atomic<size_t> wrong{0}, read{0};
  std::vector<std::thread> readers;
  for (int i = 0; i < kReaders; ++i) {
    readers.emplace_back([&, i] {
      for (size_t round = 0; !done.load() || round < 100; ++round) {
        const CatalogueRef catalogue = registry.latest();
        KindRef kind = catalogue->find("example.com", i % 2 == 0 ? "v1" : "v2", "crontabs");
        if (!kind) continue;
        ObjectRef seen = objects[round % objects.size()]->as(*kind);
        const bool right = &seen->kind() == kind.get() && !seen->problem() && !seen->knownProblem() &&
                           seen->json().find(R"("a":1,"n":)") != std::string::npos &&
                           encodeJson(*kind, seen->message()->words()) == seen->json() && seen->bytes() > 0;
        wrong += right ? 0 : 1;
        ++read;
      }
    });
  }
  for (int i = 1; i <= kReplacements; ++i) {
    ASSERT_TRUE(test::offerCronTabs(registry, versions(i)));
    const size_t before = read.load();
    while (read.load() == before) std::this_thread::yield();
  }
  done = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(wrong.load(), 0u);
}

TEST(ChangingKinds, AKindComesAndGoesUnderItsReaders) {
  KindRegistry registry;
  ASSERT_TRUE(test::offerCronTabs(registry, versions(0)));
  const KindRef held = registry.find("example.com", "v1", "crontabs");
  std::atomic<bool> done{false};
  std::atomic<size_t> wrong{0}, looked{0};
  std::vector<std::thread> readers;
  for (int i = 0; i < kReaders; ++i) {
    readers.emplace_back([&] {
      while (!done.load()) {
        const CatalogueRef catalogue = registry.latest();
        // Within one catalogue both versions are there, or none.
        KindRef one = catalogue->find("example.com", "v1", "crontabs"),
                other = catalogue->find("example.com", "v2", "crontabs");
        if (static_cast<bool>(one) != static_cast<bool>(other)) ++wrong;
        if (one && (&other->stored() != one.get() || one->storage != held->storage)) ++wrong;
        ++looked;
      }
    });
  }
  for (int i = 1; i <= kReplacements; ++i) {
    capnp::MallocMessageBuilder nothing;
    ASSERT_TRUE(
        registry.offer("custom", nothing.initRoot<role::KindsDescription>().asReader(), {{"example.com", "crontabs"}}));
    ASSERT_TRUE(test::offerCronTabs(registry, versions(i)));
    const size_t before = looked.load();
    while (looked.load() == before) std::this_thread::yield();
  }
  done = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(wrong.load(), 0u);
}

}  // namespace
}  // namespace cleat::object
