// SPDX-License-Identifier: Apache-2.0
#include "certs/dns_name.h"

#include <gtest/gtest.h>

#include <optional>

namespace weir::certs {
namespace {

const std::string kLongLabel(63, 'a');
const std::string kLongestName = kLongLabel + "." + kLongLabel + "." + kLongLabel + "." + std::string(61, 'b');

struct NameCase {
  std::string text;
  std::optional<std::string> canonical;
};

class CanonicalNameTest : public testing::TestWithParam<NameCase> {};

TEST_P(CanonicalNameTest, takes_dns_names_alone) {
  auto name = canonical_dns_name(GetParam().text);
  ASSERT_EQ(name.has_value(), GetParam().canonical.has_value()) << GetParam().text;
  if (name) {
    EXPECT_EQ(*name, *GetParam().canonical);
  } else {
    EXPECT_EQ(name.error().code, ErrorCode::invalid);
  }
}

INSTANTIATE_TEST_SUITE_P(
    , CanonicalNameTest,
    testing::Values(NameCase{"huggingface.co", "huggingface.co"},
                    NameCase{"Cdn-LFS.HuggingFace.CO", "cdn-lfs.huggingface.co"},
                    NameCase{"huggingface.co.", "huggingface.co"}, NameCase{"localhost", "localhost"},
                    NameCase{"1.2.3.example", "1.2.3.example"}, NameCase{"3com", "3com"},
                    NameCase{kLongLabel, kLongLabel}, NameCase{kLongestName, kLongestName},
                    NameCase{kLongestName + ".", kLongestName}, NameCase{"", {}}, NameCase{".", {}},
                    NameCase{"huggingface.co..", {}}, NameCase{".hf.co", {}}, NameCase{"a..b", {}},
                    NameCase{"*.hf.co", {}}, NameCase{"-a.hf.co", {}}, NameCase{"a-.hf.co", {}},
                    NameCase{"a_b.hf.co", {}}, NameCase{"hf.co:443", {}}, NameCase{"hf.co,DNS:a", {}},
                    NameCase{"h\xc3\xa9.co", {}}, NameCase{std::string("hf.co\0.a", 8), {}}, NameCase{"hf .co", {}},
                    NameCase{kLongLabel + "a.co", {}}, NameCase{kLongestName + "b", {}}, NameCase{"127.0.0.1", {}},
                    NameCase{"127.0.0.1.", {}}, NameCase{"2130706433", {}}, NameCase{"0x7f000001", {}},
                    NameCase{"127.0x1", {}}, NameCase{"a.0X", {}}, NameCase{"::1", {}}, NameCase{"[::1]", {}}));

TEST(CanonicalName, an_error_shows_no_control_characters) {
  EXPECT_EQ(canonical_dns_name("a\r\nb").error().message.find('\n'), std::string::npos);
}

TEST(IsWithin, holds_the_subtree_at_a_labels_border) {
  EXPECT_TRUE(is_within("hf.co", "hf.co"));
  EXPECT_TRUE(is_within("us.aws.cdn.hf.co", "hf.co"));
  EXPECT_FALSE(is_within("xhf.co", "hf.co"));
  EXPECT_FALSE(is_within("hf.co.example", "hf.co"));
  EXPECT_FALSE(is_within("co", "hf.co"));
  EXPECT_FALSE(is_within("hf.co", ""));
}

}  // namespace
}  // namespace weir::certs
