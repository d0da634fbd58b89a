#include "core/object/message.h"

#include <capnp/any.h>
#include <cleat/schema/kinds/core_v1.capnp.h>
#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "core/object/codec.h"
#include "core/object/schema/struct_codec.h"
#include "tests/core/object/test_kinds.h"

namespace cleat::object {
namespace {

constexpr uint64_t structPointer(int32_t offset, uint16_t data, uint16_t pointers) {
  return static_cast<uint32_t>(offset << 2) | uint64_t{data} << 32 | uint64_t{pointers} << 48;
}
constexpr uint64_t listPointer(int32_t offset, uint64_t elementSize, uint64_t count) {
  return static_cast<uint32_t>(offset << 2) | 1 | elementSize << 32 | count << 35;
}

std::string errorOf(const std::vector<uint64_t>& words, size_t maxWords = 1000) {
  Result<Ref<Message>> message = Message::checked(words, maxWords);
  return message ? "" : std::to_string(message.error().code) + " " + message.error().message;
}

TEST(Message, CopiesAnyStructFlat) {
  capnp::MallocMessageBuilder builder(8);  // several segments
  auto pod = builder.initRoot<core_v1::Pod>();
  pod.initMetadata().setName("a");
  auto containers = pod.initSpec().initContainers(20);
  for (auto container : containers) container.setImage("registry.example.com/an/image/with/a/long/name:v1");
  Ref<Message> message = Message::copy(capnp::AnyStruct::Reader(pod.asReader()));
  EXPECT_EQ(message->meta().getName(), "a");
  EXPECT_EQ(message->root<core_v1::Pod>().getSpec().getContainers()[19].getImage(), containers[19].getImage());
  Result<Ref<Message>> checked = Message::checked(message->words());
  ASSERT_TRUE(checked);
  EXPECT_TRUE(std::ranges::equal((*checked)->words(), message->words()));
}

TEST(Message, RefusesWordsThatAreNoMessage) {
  EXPECT_EQ(errorOf({}), "400 the message is empty");
  EXPECT_TRUE(errorOf({structPointer(5, 1, 0), 0}).starts_with("400 malformed message"));
  EXPECT_TRUE(errorOf({structPointer(0, 1, 1), 0, listPointer(100, 2, 8)}).starts_with("400 malformed message"));
  EXPECT_TRUE(errorOf({listPointer(0, 2, 8), 0}).starts_with("400 the message's root"));
  EXPECT_TRUE(errorOf({2, 0}).starts_with("400 "));  // a far pointer to nowhere
  EXPECT_TRUE(errorOf({3, 0}).starts_with("400 "));  // a capability
  EXPECT_TRUE(errorOf(std::vector<uint64_t>(11), 10).starts_with("413 the message has 11 words, the limit is 10"));
}

TEST(Message, RefusesWordsThatUnfoldWithoutEnd) {
  // A struct that contains itself.
  EXPECT_TRUE(errorOf({structPointer(0, 0, 1), structPointer(-1, 0, 1)}).starts_with("400 malformed message"));
  // Half a billion structs of no size.
  EXPECT_FALSE(errorOf({structPointer(0, 0, 1), listPointer(0, 7, 0), structPointer((1 << 29) - 1, 0, 0)}).empty());
  // The same long list over and over.
  std::vector<uint64_t> words{structPointer(0, 0, 100)};
  for (int i = 0; i < 100; ++i) words.push_back(listPointer(99 - i, 5, 500));
  words.resize(1 + 100 + 500);
  EXPECT_FALSE(errorOf(words, 1000).empty());
}

TEST(Message, IsTakenOverAsItStands) {
  // A text behind a hole that nothing leads to, in which something stands.
  const uint64_t text = 0x0000676e69687461;  // "athing"
  const std::vector<uint64_t> words{structPointer(1, 1, 1), 0xdead, 7, listPointer(0, 2, 7), text, 0xbeef};
  Result<Ref<Message>> taken = Message::checked(words, 1000);
  ASSERT_TRUE(taken) << taken.error().message;
  const std::vector<uint64_t> clean{structPointer(1, 1, 1), 0, 7, listPointer(0, 2, 7), text};
  EXPECT_TRUE(std::ranges::equal((*taken)->words(), clean));
}

TEST(Message, WordsThatTwoPointersLeadToBecomeTwo) {
  const uint64_t text = 0x0000676e69687461;
  const std::vector<uint64_t> words{structPointer(0, 0, 2), listPointer(1, 2, 7), listPointer(0, 2, 7), text};
  Result<Ref<Message>> taken = Message::checked(words, 1000);
  ASSERT_TRUE(taken) << taken.error().message;
  EXPECT_EQ((*taken)->words().size(), 5u);
  EXPECT_EQ((*taken)->words()[3], text);
  EXPECT_EQ((*taken)->words()[4], text);
  // Mostly nothing: read piece by piece, it becomes small.
  std::vector<uint64_t> far{structPointer(100, 1, 0)};
  far.resize(101);
  far.push_back(7);
  taken = Message::checked(far, 1000);
  ASSERT_TRUE(taken) << taken.error().message;
  EXPECT_EQ((*taken)->words().size(), 2u);
}

TEST(Message, WhatIsNotAsItWasKnownToBeIsVerified) {
  const Kind& pod = test::kind("Pod");
  const auto made = [](auto build) {
    capnp::MallocMessageBuilder builder;
    auto object = builder.initRoot<core_v1::Pod>();
    build(object);
    return Message::copy(capnp::AnyStruct::Reader(object.asReader()));
  };
  const auto owned = [](const char* name, const char* fields) {
    return [name, fields](auto object) {
      auto metadata = object.initMetadata();
      metadata.setName(name);
      metadata.initManagedFields(1)[0].setFieldsV1(fields);
    };
  };
  const Ref<Message> known = made(owned("a", R"({"f:data":{}})"));
  const auto problem = [&](const Ref<Message>& message) {
    const Result<void> verified = verify(pod, message->words(), known->words());
    return verified ? std::string() : verified.error().message;
  };
  EXPECT_EQ(problem(made(owned("b", R"({"f:data":{}})"))), "");
  EXPECT_EQ(problem(made(owned("b\xff", R"({"f:data":{}})"))),
            "the message does not fit Pod: metadata.name: not UTF-8");
  EXPECT_EQ(problem(made(owned("a", R"({"f:data":{)"))),
            "the message does not fit Pod: metadata.managedFields[0].fieldsV1: not JSON");
  // More than there was, and elsewhere.
  EXPECT_EQ(problem(made([](auto object) {
              auto entries = object.initMetadata().initManagedFields(2);
              entries[0].setFieldsV1(R"({"f:data":{}})");
              entries[1].setFieldsV1("a");
            })),
            "the message does not fit Pod: metadata.managedFields[1].fieldsV1: not JSON");
  EXPECT_EQ(problem(made([](auto object) { object.initSpec().initContainers(1)[0].setName("a\xff"); })),
            "the message does not fit Pod: spec.containers[0].name: not UTF-8");
}

TEST(Message, IsVerifiedAgainstItsKind) {
  const Kind& pod = test::kind("Pod");
  const StructCodec& meta = *pod.codec->find("metadata")->value.codec;
  auto problemOf = [&](auto build) {
    capnp::MallocMessageBuilder builder;
    auto object = builder.initRoot<core_v1::Pod>();
    build(object);
    Ref<Message> message = Message::copy(capnp::AnyStruct::Reader(object.asReader()));
    Result<void> verified = verify(pod, message->words());
    // What does not fit is still safe to encode.
    EXPECT_TRUE(parseJson(encodeJson(pod, message->words())));
    return verified ? std::string() : verified.error().message;
  };
  EXPECT_EQ(problemOf([](auto object) { object.initMetadata().setName("a"); }), "");
  EXPECT_EQ(problemOf([](auto object) { object.initMetadata().setName("a\xff"); }),
            "the message does not fit Pod: metadata.name: not UTF-8");
  EXPECT_EQ(problemOf([](auto object) { object.initMetadata().initManagedFields(1)[0].setFieldsV1("{oops"); }),
            "the message does not fit Pod: metadata.managedFields[0].fieldsV1: not JSON");
  EXPECT_EQ(problemOf([&](auto object) {
              capnp::AnyStruct::Builder any(object.initMetadata());
              any.getPointerSection()[meta.find("name")->offset].template initAs<capnp::List<uint64_t>>(3);
            }),
            "the message does not fit Pod: metadata.name: not a text");
  EXPECT_EQ(problemOf([&](auto object) {
              capnp::AnyStruct::Builder any(object.initMetadata());
              any.getPointerSection()[meta.find("labels")->offset].template setAs<capnp::Text>("text");
            }),
            "the message does not fit Pod: metadata.labels: a list of something else");
  EXPECT_EQ(problemOf([&](auto object) {
              capnp::AnyStruct::Builder any(kj::mv(object));
              any.getPointerSection()[0].template setAs<capnp::Text>("text");
            }),
            "the message does not fit Pod: metadata: not a struct");
}

TEST(KindRegistry, IsReadWithoutLocksWhileKindsAreAdded) {
  std::string schema = test::compileSchema({"core_v1"});
  KindRegistry registry;
  std::atomic<bool> stop = false;
  std::thread reader([&] {
    while (!stop) {
      if (const KindRef pod = registry.find("", "v1", "pods")) {
        for (const Subresource* subresource : pod->subresources()) ASSERT_FALSE(subresource->name.empty());
        ASSERT_FALSE(registry.latest()->structComment(pod->schema.getProto().getId()).empty());
      }
    }
  });
  for (int i = 0; i < 20; ++i) {
    capnp::MallocMessageBuilder message;
    auto description = message.initRoot<role::KindsDescription>();
    std::string version = i == 0 ? "v1" : "v1alpha" + std::to_string(i);
    test::describe(description, schema, {{"", version.c_str(), "Pod", "pods", true, "core_v1"}});
    auto subresource = description.initSubresources(1)[0];
    subresource.setVersion("v1");
    subresource.setResource("pods");
    subresource.setName("sub" + std::to_string(i));
    subresource.setStyle("connect");
    ASSERT_TRUE(registry.add("p", description.asReader()));
  }
  stop = true;
  reader.join();
  EXPECT_EQ(registry.find("", "v1", "pods")->subresources().size(), 20u);
  EXPECT_EQ(registry.findResource("", "pods")->version, "v1");
}

}  // namespace
}  // namespace cleat::object
