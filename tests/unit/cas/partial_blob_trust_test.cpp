// SPDX-License-Identifier: Apache-2.0
// Partial blobs whose bytes come from trusted and from untrusted sources.
#include <gmock/gmock.h>

#include "cas/map_format.h"
#include "cas/partial_blob.h"
#include "tests/unit/cas/test_folder.h"

namespace weir::cas {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class PartialBlobTrustTest : public StoreTest {
 protected:
  std::shared_ptr<PartialBlob> open() {
    auto opened = store->open_partial(digest, text.size());
    EXPECT_TRUE(opened) << opened.error().message;
    return opened ? *opened : nullptr;
  }
  enum class Crash { kill, power_failure };
  // What a crash at this moment would leave, in a store of its own; it ends with the next one.
  std::shared_ptr<PartialBlob> open_after(Crash crash) {
    crashed.reset();
    auto copy = folder.path() / ("crashed-" + std::to_string(++copies));
    std::filesystem::create_directory(copy);
    std::filesystem::copy(root / "partial", copy / "partial", std::filesystem::copy_options::recursive);
    write_text(copy / "version", "weir-store 1\n");
    if (crash == Crash::power_failure) write_text(copy / "boot", "another run of the kernel\n");
    auto opened = BlobStore::open(Options{copy});
    EXPECT_TRUE(opened) << opened.error().message;
    crashed = std::move(*opened);
    auto blob = crashed->open_partial(digest, text.size());
    EXPECT_TRUE(blob) << blob.error().message;
    return *blob;
  }
  std::string_view right(ByteRange range) const { return std::string_view(text).substr(range.begin, range.size()); }
  Result<WriteOutcome> write(PartialBlob& blob, ByteRange range, Trust trust = Trust::trusted) {
    return blob.write(range.begin, right(range), trust);
  }
  Result<WriteOutcome> lie(PartialBlob& blob, ByteRange range) {
    return blob.write(range.begin, std::string(range.size(), '#'), Trust::untrusted);
  }
  std::filesystem::path map_path() const { return Layout(root).partial_map(digest); }

  std::string text = "0123456789abcdefghijklmnopqrstuvwxyz";
  Sha256 digest = sha256(text);
  ByteRange whole{0, text.size()};
  std::unique_ptr<BlobStore> crashed;
  int copies = 0;
};

TEST_F(PartialBlobTrustTest, untrusted_bytes_are_present_and_not_readable) {
  auto blob = open();
  ASSERT_TRUE(write(*blob, {0, 5}) && write(*blob, {5, 10}, Trust::untrusted) && write(*blob, {10, 12}));
  EXPECT_EQ(blob->readable(), 5U);
  EXPECT_EQ(blob->readable_from(5), 5U);
  EXPECT_EQ(blob->readable_from(10), 12U);
  EXPECT_THAT(blob->readable_ranges(), ElementsAre(ByteRange{0, 5}, ByteRange{10, 12}));
  EXPECT_EQ(blob->present(), 12U);
  EXPECT_EQ(blob->hashed(), 12U) << "hashing asks for presence alone";
  EXPECT_THAT(blob->present_ranges(), ElementsAre(ByteRange{0, 12}));
  EXPECT_THAT(blob->missing(whole), ElementsAre(ByteRange{12, 36}));
  EXPECT_THAT(blob->untrusted({0, 7}), ElementsAre(ByteRange{5, 7}));
  EXPECT_TRUE(blob->has_untrusted());
}

TEST_F(PartialBlobTrustTest, untrusted_bytes_replace_nothing) {
  auto blob = open();
  ASSERT_TRUE(write(*blob, {10, 15}) && write(*blob, {20, 25}, Trust::untrusted));
  auto written = lie(*blob, {5, 30});
  ASSERT_TRUE(written);
  EXPECT_THAT(written->contradicted, IsEmpty());
  EXPECT_EQ(text_of(partial(digest)).substr(5, 25), "#####abcde#####klmno#####");
  EXPECT_THAT(blob->readable_ranges(), ElementsAre(ByteRange{10, 15}));
}

TEST_F(PartialBlobTrustTest, trusted_bytes_confirm_what_is_right) {
  auto blob = open();
  ASSERT_TRUE(write(*blob, {5, 20}, Trust::untrusted));
  auto written = write(*blob, {0, 10});
  ASSERT_TRUE(written);
  EXPECT_THAT(written->contradicted, IsEmpty());
  EXPECT_EQ(blob->readable(), 10U);
  EXPECT_THAT(blob->untrusted(whole), ElementsAre(ByteRange{10, 20}));
}

TEST_F(PartialBlobTrustTest, confirmed_bytes_are_not_hashed_again) {
  auto blob = open();
  ASSERT_TRUE(write(*blob, whole, Trust::untrusted));
  EXPECT_EQ(blob->hashed(), text.size());
  ASSERT_TRUE(write(*blob, whole));
  EXPECT_EQ(blob->hashed(), text.size());
  EXPECT_EQ(blob->readable(), text.size());
  EXPECT_TRUE(blob->commit());
}

TEST_F(PartialBlobTrustTest, trusted_bytes_replace_what_is_wrong_and_say_where) {
  auto blob = open();
  ASSERT_TRUE(write(*blob, {0, 10}, Trust::untrusted) && lie(*blob, {10, 14}));
  ASSERT_TRUE(write(*blob, {14, 20}, Trust::untrusted) && lie(*blob, {30, 36}));
  ASSERT_EQ(blob->hashed(), 20U);
  auto written = write(*blob, {4, 32});
  ASSERT_TRUE(written);
  EXPECT_THAT(written->contradicted, ElementsAre(ByteRange{10, 14}, ByteRange{30, 32}));
  EXPECT_EQ(blob->hashed(), 0U) << "wrong bytes were hashed";
  EXPECT_EQ(blob->present(), text.size());
  EXPECT_THAT(blob->readable_ranges(), ElementsAre(ByteRange{4, 32}));
  EXPECT_EQ(text_of(partial(digest)), text.substr(0, 32) + "####");
  ASSERT_TRUE(write(*blob, {32, 36}));
  EXPECT_EQ(blob->rehash(1000), 0U);
  auto published = blob->commit();
  ASSERT_TRUE(published) << published.error().message;
  EXPECT_EQ(get(digest), text);
}

TEST_F(PartialBlobTrustTest, bytes_that_are_not_hashed_yet_are_replaced_without_hashing_anew) {
  auto blob = open();
  ASSERT_TRUE(write(*blob, {0, 10}) && lie(*blob, {20, 36}));
  auto written = write(*blob, {10, 36});
  ASSERT_TRUE(written);
  EXPECT_THAT(written->contradicted, ElementsAre(ByteRange{20, 36}));
  EXPECT_EQ(blob->hashed(), 20U);
  EXPECT_TRUE(blob->commit());
}

TEST_F(PartialBlobTrustTest, all_is_readable_once_it_is_verified) {
  auto blob = open();
  ASSERT_TRUE(write(*blob, whole, Trust::untrusted));
  EXPECT_EQ(blob->readable(), 0U);
  auto published = blob->commit();
  ASSERT_TRUE(published) << published.error().message;
  EXPECT_EQ(blob->readable(), text.size());
  EXPECT_FALSE(blob->has_untrusted());
  EXPECT_EQ(files_in(root / "partial"), 0U);
  EXPECT_EQ(get(digest), text);
}

TEST_F(PartialBlobTrustTest, with_wrong_untrusted_bytes_stays_until_they_are_replaced) {
  auto blob = open();
  ASSERT_TRUE(write(*blob, {0, 10}) && lie(*blob, {10, 20}) && write(*blob, {20, 36}, Trust::untrusted));
  for (int i = 0; i < 2; ++i) {
    auto published = blob->commit();
    ASSERT_FALSE(published);
    EXPECT_EQ(published.error().code, ErrorCode::digest_mismatch);
    EXPECT_TRUE(blob->has_untrusted());
    EXPECT_EQ(blob->readable(), 10U);
  }
  EXPECT_EQ(files_in(root / "quarantine"), 0U);
  ASSERT_TRUE(blob->forget({10, 20}));
  EXPECT_EQ(blob->present(), 10U);
  EXPECT_EQ(blob->hashed(), 0U);
  EXPECT_THAT(blob->missing(whole), ElementsAre(ByteRange{10, 20}));
  ASSERT_TRUE(write(*blob, {10, 20}, Trust::untrusted));
  auto published = blob->commit();
  ASSERT_TRUE(published) << published.error().message;
  EXPECT_EQ(get(digest), text);
}

TEST_F(PartialBlobTrustTest, with_wrong_trusted_bytes_is_quarantined_once_all_is_trusted) {
  auto blob = open();
  ASSERT_TRUE(blob->write(0, "WRONG", Trust::trusted) && write(*blob, {5, 36}, Trust::untrusted));
  ASSERT_FALSE(blob->commit());
  EXPECT_EQ(files_in(root / "quarantine"), 0U);
  ASSERT_TRUE(write(*blob, whole));
  EXPECT_FALSE(blob->has_untrusted());
  auto published = blob->commit();
  ASSERT_FALSE(published);
  EXPECT_EQ(published.error().code, ErrorCode::digest_mismatch);
  EXPECT_EQ(files_in(root / "quarantine"), 1U);
  EXPECT_EQ(files_in(root / "partial"), 0U);
}

TEST_F(PartialBlobTrustTest, forgets_untrusted_bytes_alone) {
  auto blob = open();
  ASSERT_TRUE(write(*blob, {0, 10}) && lie(*blob, {10, 20}) && write(*blob, {20, 30}));
  ASSERT_TRUE(blob->forget({5, 15}) && blob->forget({25, 30}) && blob->forget({30, 36}));
  EXPECT_THAT(blob->readable_ranges(), ElementsAre(ByteRange{0, 10}, ByteRange{20, 30}));
  EXPECT_THAT(blob->untrusted(whole), ElementsAre(ByteRange{15, 20}));
  EXPECT_THAT(blob->missing(whole), ElementsAre(ByteRange{10, 15}, ByteRange{30, 36}));
}

TEST_F(PartialBlobTrustTest, what_is_forgotten_needs_no_more_room_when_it_comes_again) {
  auto blob = open();
  ASSERT_TRUE(lie(*blob, whole));
  auto before = store->loose_bytes();
  ASSERT_TRUE(blob->forget({0, 20}));
  EXPECT_FALSE(blob->is_reserved({0, 20}));
  ASSERT_TRUE(blob->reserve({0, 20}));
  EXPECT_EQ(store->loose_bytes() + store->space().reserved_bytes(), before);
  ASSERT_TRUE(write(*blob, {0, 20}));
  EXPECT_EQ(store->loose_bytes(), before);
  EXPECT_EQ(store->space().reserved_bytes(), 0U);
}

// --- over a crash

TEST_F(PartialBlobTrustTest, has_its_map_before_the_first_untrusted_byte) {
  auto blob = open();
  ASSERT_TRUE(blob->append("012"));
  EXPECT_FALSE(is_there(map_path()));
  // No map can be made now.
  std::filesystem::remove(root / "tmp");
  EXPECT_FALSE(write(*blob, {3, 9}, Trust::untrusted));
  EXPECT_EQ(std::filesystem::file_size(partial(digest)), 3U);
  std::filesystem::create_directory(root / "tmp");
  ASSERT_TRUE(write(*blob, {3, 9}, Trust::untrusted));
  EXPECT_TRUE(is_there(map_path()));
  EXPECT_EQ(open_after(Crash::kill)->readable(), 3U);
}

TEST_F(PartialBlobTrustTest, a_restart_and_a_kill_keep_trust_apart) {
  auto blob = open();
  ASSERT_TRUE(write(*blob, {0, 5}) && write(*blob, {5, 10}, Trust::untrusted) && write(*blob, {20, 25}));
  ASSERT_TRUE(blob->save_map());
  auto check = [&](const PartialBlob& after) {
    EXPECT_THAT(after.readable_ranges(), ElementsAre(ByteRange{0, 5}, ByteRange{20, 25}));
    EXPECT_THAT(after.untrusted(whole), ElementsAre(ByteRange{5, 10}));
    EXPECT_EQ(after.present(), 10U);
  };
  check(*open_after(Crash::kill));
  blob.reset();
  reopen();
  blob = open();
  check(*blob);
  ASSERT_TRUE(write(*blob, {0, 36}) && blob->commit());
}

TEST_F(PartialBlobTrustTest, confirmed_bytes_stay_trusted_over_a_kill) {
  auto blob = open();
  ASSERT_TRUE(write(*blob, {0, 20}, Trust::untrusted) && blob->save_map());
  ASSERT_TRUE(write(*blob, {0, 20}) && blob->save_map());
  EXPECT_EQ(open_after(Crash::kill)->readable(), 20U);
}

TEST_F(PartialBlobTrustTest, what_is_forgotten_is_not_claimed_after_a_crash) {
  auto blob = open();
  ASSERT_TRUE(write(*blob, {0, 10}) && lie(*blob, {10, 20}) && blob->checkpoint() && blob->save_map());
  ASSERT_TRUE(blob->forget({12, 18}));
  for (auto crash : {Crash::kill, Crash::power_failure}) {
    auto after = open_after(crash);
    EXPECT_THAT(after->readable_ranges(), ElementsAre(ByteRange{0, 10}));
    EXPECT_THAT(after->untrusted(whole), ElementsAre(ByteRange{10, 12}, ByteRange{18, 20}));
  }
}

TEST_F(PartialBlobTrustTest, what_cannot_be_forgotten_for_certain_is_not_forgotten) {
  auto blob = open();
  ASSERT_TRUE(lie(*blob, {0, 10}));
  std::filesystem::remove(root / "tmp");
  EXPECT_FALSE(blob->forget({0, 10}));
  EXPECT_THAT(blob->untrusted(whole), ElementsAre(ByteRange{0, 10}));
}

TEST_F(PartialBlobTrustTest, a_power_failure_keeps_trust_apart) {
  auto blob = open();
  ASSERT_TRUE(write(*blob, {0, 5}) && lie(*blob, {5, 10}) && blob->checkpoint());
  ASSERT_TRUE(write(*blob, {5, 10}) && blob->save_map());
  auto after = open_after(Crash::power_failure);
  EXPECT_EQ(after->readable(), 5U) << "the bytes that came since are not on the disk for certain";
  EXPECT_THAT(after->untrusted(whole), ElementsAre(ByteRange{5, 10}));
  after.reset();
  ASSERT_TRUE(blob->checkpoint());
  EXPECT_EQ(open_after(Crash::power_failure)->readable(), 10U);
}

}  // namespace
}  // namespace weir::cas
