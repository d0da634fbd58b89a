// What expressions about devices are estimated at: Kubernetes' numbers, so that what is refused there is refused here.
#include <gtest/gtest.h>

#include "device-common/device_cel.h"

namespace cleat::devices {

namespace {

uint64_t estimated(std::string_view expression) {
  const CompiledSelector compiled = compileSelector(expression);
  EXPECT_TRUE(compiled.program) << compiled.error;
  return compiled.program ? compiled.program->estimate().max : 0;
}

TEST(SelectorCost, PartsOfADeviceHaveSizes) {
  EXPECT_EQ(estimated("device.driver == ''"), 2u);
  EXPECT_EQ(estimated("device.driver == 'dra.example.com'"), 4u);
  EXPECT_EQ(estimated("device.allowMultipleAllocations == true"), 3u);
  EXPECT_EQ(estimated("'dra.example.com' in device.attributes"), 3u);
  EXPECT_EQ(estimated("device.attributes['dra.example.com'].name"), 4u);
  EXPECT_EQ(estimated("device.attributes['dra.example.com']['name']"), 4u);
  EXPECT_EQ(estimated("cel.bind(dra, device.attributes['dra.example.com'], dra.name)"), 15u);
  EXPECT_EQ(estimated("device.attributes['dra.example.com'].name == 'fish'"), 5u);
  EXPECT_EQ(estimated("device.attributes['dra.example.com'].services.matches('[^a]?sym')"), 18u);
}

TEST(SelectorCost, LoopsGoOverWhatThereCanBe) {
  EXPECT_EQ(estimated("device.attributes.exists_one(x, x == 'dra.example.com')"), 164u);
  EXPECT_EQ(estimated("device.attributes['dra.example.com'].exists_one(x, x == 'services')"), 133u);
  EXPECT_EQ(estimated("device.capacity.exists_one(x, x == 'dra.example.com')"), 164u);
  EXPECT_EQ(estimated("device.capacity['dra.example.com'].exists_one(x, x == 'memory')"), 133u);
  EXPECT_EQ(estimated("device.attributes['dra.example.com'].names.all(x, x != '')"), 5u + 4 * 64);
}

TEST(SelectorCost, LoopsInLoopsAreTooMuch) {
  const std::string_view ten = "[1, 2, 3, 4, 5, 6, 7, 8, 9, 10].all(";
  std::string expression;
  for (int i = 0; i < 7; ++i) expression += std::string(ten) + "x" + std::to_string(i) + ", ";
  expression += "int('1'.find('[0-9]*')) < 100" + std::string(7, ')');
  EXPECT_EQ(estimated(expression), 85555551u);
  EXPECT_LT(kMostSelectorCost, 85555551u);
}

}  // namespace

}  // namespace cleat::devices
