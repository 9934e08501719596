// SPDX-License-Identifier: Apache-2.0
#include "base/digest.h"

#include <gtest/gtest.h>

#include <cctype>
#include <thread>
#include <unordered_set>

namespace weir {
namespace {

constexpr std::string_view kSha256OfNothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
// FIPS 180-4 examples: "abc" and the message of two blocks.
constexpr std::string_view kSha256OfAbc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
constexpr std::string_view kTwoBlocks = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
constexpr std::string_view kSha256OfTwoBlocks = "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1";

TEST(DigestTest, hashes_as_the_standard_says) {
  EXPECT_EQ(sha256("").hex(), kSha256OfNothing);
  EXPECT_EQ(sha256("abc").hex(), kSha256OfAbc);
  EXPECT_EQ(sha256(kTwoBlocks).hex(), kSha256OfTwoBlocks);
}

TEST(DigestTest, hashes_alike_at_every_cut) {
  for (size_t cut = 0; cut <= kTwoBlocks.size(); ++cut) {
    Sha256Hasher hasher;
    hasher.update(kTwoBlocks.substr(0, cut));
    hasher.update(kTwoBlocks.substr(cut));
    EXPECT_EQ(hasher.finish().hex(), kSha256OfTwoBlocks) << "cut after byte " << cut;
  }
}

TEST(DigestTest, a_hasher_is_new_after_finish) {
  Sha256Hasher hasher;
  hasher.update("abc");
  EXPECT_EQ(hasher.finish().hex(), kSha256OfAbc);
  EXPECT_EQ(hasher.finish().hex(), kSha256OfNothing);
}

TEST(DigestTest, a_hasher_moves_with_what_it_has_seen_and_between_threads) {
  Sha256Hasher first;
  first.update("a");
  Sha256Hasher second(std::move(first));
  std::thread([&second] { second.update("bc"); }).join();
  Sha256Hasher third;
  third.update("something else");
  third = std::move(second);
  EXPECT_EQ(third.finish().hex(), kSha256OfAbc);
}

TEST(DigestTest, sha1_is_what_git_calls_a_blob) {
  Sha1Hasher hasher;
  hasher.update(std::string_view("blob 6\0hello\n", 13));
  EXPECT_EQ(hasher.finish().hex(), "ce013625030ba8dba906f756967f9e9ca394464a");
}

TEST(DigestTest, hex_is_read_back) {
  auto digest = sha256("abc");
  EXPECT_EQ(Sha256::from_hex(digest.hex()), digest);
}

TEST(DigestTest, hex_has_one_length) {
  std::string text(kSha256OfAbc);
  for (size_t size = 0; size <= 2 * text.size(); ++size) {
    auto taken = (text + text).substr(0, size);
    EXPECT_EQ(Sha256::from_hex(taken).has_value(), size == 64) << size;
    EXPECT_EQ(Sha1::from_hex(taken).has_value(), size == 40) << size;
  }
}

TEST(DigestTest, hex_takes_lower_case_digits_and_no_other_byte_anywhere) {
  std::string text(64, 'a');
  for (size_t place = 0; place < text.size(); ++place) {
    for (int c = 0; c < 256; ++c) {
      auto tried = text;
      tried[place] = static_cast<char>(c);
      bool good = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
      ASSERT_EQ(Sha256::from_hex(tried).has_value(), good) << "byte " << c << " at " << place;
    }
  }
}

// RFC 4231, test cases 1, 2 and 6 (a key longer than a block).
TEST(DigestTest, hmac_as_the_rfc_says) {
  EXPECT_EQ(hmac_sha256(std::string(20, '\x0b'), "Hi There").hex(),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(hmac_sha256("Jefe", "what do ya want for nothing?").hex(),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(hmac_sha256(std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First").hex(),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(DigestTest, hmac_takes_an_empty_key_and_message) {
  EXPECT_EQ(hmac_sha256({}, {}).hex(), "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

TEST(DigestTest, to_hex_takes_any_bytes) {
  EXPECT_EQ(to_hex({}), "");
  EXPECT_EQ(to_hex(std::string_view("\x00\x0f\x7f\x80\xff", 5)), "000f7f80ff");
}

TEST(DigestTest, serves_as_a_key) {
  std::unordered_set<Sha256, DigestHash> set{sha256("a"), sha256("b"), sha256("a")};
  EXPECT_EQ(set.size(), 2U);
  EXPECT_TRUE(set.contains(sha256("b")));
  EXPECT_NE(DigestHash()(sha256("a")), DigestHash()(sha256("b")));
}

}  // namespace
}  // namespace weir
