// SPDX-License-Identifier: Apache-2.0
#include "peer/join_code.h"

#include <gtest/gtest.h>

namespace weir::peer {
namespace {

JoinCode code_of(std::string_view host, std::string_view secret) {
  JoinCode code;
  std::copy_n(host.begin(), kCodeHalf, code.host.begin());
  code.secret = Secret(secret);
  return code;
}

// RFC 4648, section 10: "foobar" is MZXW6YTBOI; five bytes are eight characters.
TEST(JoinCode, is_base32_in_groups_of_four) {
  EXPECT_EQ(code_of("foobafooba", "foobafooba").text().reveal(), "MZXW-6YTB-MZXW-6YTB-MZXW-6YTB-MZXW-6YTB");
  EXPECT_EQ(code_of(std::string(10, '\0'), std::string(10, '\xff')).text().reveal(),
            "AAAA-AAAA-AAAA-AAAA-7777-7777-7777-7777");
}

TEST(JoinCode, is_read_back) {
  std::string every;
  for (int i = 0; i < 256; ++i) every += static_cast<char>(i);
  for (size_t i = 0; i + 2 * kCodeHalf <= every.size(); ++i) {
    auto code = code_of(every.substr(i, kCodeHalf), every.substr(i + kCodeHalf, kCodeHalf));
    EXPECT_EQ(JoinCode::parse(code.text().reveal()), code);
  }
}

TEST(JoinCode, takes_any_case_spaces_and_dashes) {
  auto code = code_of("foobafooba", "foobafooba");
  for (auto text : {"mzxw6ytbmzxw6ytbmzxw6ytbmzxw6ytb", "  MZXW 6ytb-MZXW6YTB--MZXW-6YTB MZXW6YT B "})
    EXPECT_EQ(JoinCode::parse(text), code) << text;
}

TEST(JoinCode, takes_nothing_else) {
  for (auto text : {"", "MZXW-6YTB", "MZXW6YTBMZXW6YTBMZXW6YTBMZXW6YT", "MZXW6YTBMZXW6YTBMZXW6YTBMZXW6YTBA",
                    "0ZXW6YTBMZXW6YTBMZXW6YTBMZXW6YTB", "MZXW6YTBMZXW6YTBMZXW6YTBMZXW6YT1",
                    "MZXW6YTBMZXW6YTBMZXW6YTBMZXW6YT=", "MZXW6YTBMZXW6YTBMZXW6YTB\tMZXW6YTB"})
    EXPECT_EQ(JoinCode::parse(text), std::nullopt) << text;
}

TEST(JoinCode, names_the_first_80_bits_of_a_key) {
  auto spki = sha256("some key");
  auto prefix = prefix_of(spki);
  EXPECT_EQ(to_hex(std::string(prefix.begin(), prefix.end())), spki.hex().substr(0, 20));
}

}  // namespace
}  // namespace weir::peer
