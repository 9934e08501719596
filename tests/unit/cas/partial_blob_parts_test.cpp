// SPDX-License-Identifier: Apache-2.0
// Partial blobs whose bytes come in another order than that of the file.
#include <gmock/gmock.h>

#include <algorithm>
#include <numeric>
#include <random>

#include "cas/map_format.h"
#include "cas/partial_blob.h"
#include "tests/unit/cas/old_map.h"
#include "tests/unit/cas/test_folder.h"

namespace weir::cas {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class PartialBlobPartsTest : public StoreTest {
 protected:
  std::shared_ptr<PartialBlob> open() {
    auto opened = store->open_partial(digest, text.size());
    EXPECT_TRUE(opened) << opened.error().message;
    return opened ? *opened : nullptr;
  }
  // What a kill at this moment would leave to the next run, in a store of its own.
  std::shared_ptr<PartialBlob> open_as_after_a_kill() {
    killed.reset();
    auto copy = folder.path() / ("killed-" + std::to_string(++copies));
    std::filesystem::create_directory(copy);
    std::filesystem::copy(root / "partial", copy / "partial", std::filesystem::copy_options::recursive);
    write_text(copy / "version", "weir-store 1\n");
    auto opened = BlobStore::open(Options{copy});
    EXPECT_TRUE(opened) << opened.error().message;
    killed = std::move(*opened);
    auto blob = killed->open_partial(digest, text.size());
    EXPECT_TRUE(blob) << blob.error().message;
    return *blob;
  }
  Result<WriteOutcome> write(PartialBlob& blob, ByteRange range) {
    return blob.write(range.begin, std::string_view(text).substr(range.begin, range.size()), Trust::trusted);
  }
  bool fill(PartialBlob& blob) {
    for (auto gap : blob.missing({0, text.size()}))
      if (!write(blob, gap)) return false;
    return blob.complete();
  }
  Runs runs_of(const PartialBlob& blob) const {
    Runs runs;
    for (auto range : blob.readable_ranges()) runs.push_back({range.begin, range.end});
    for (auto range : blob.untrusted({0, text.size()})) runs.push_back({range.begin, range.end, Trust::untrusted});
    std::sort(runs.begin(), runs.end(), [](const TrustRun& a, const TrustRun& b) { return a.begin < b.begin; });
    return runs;
  }
  std::filesystem::path map_path() const { return Layout(root).partial_map(digest); }

  std::string text = "0123456789abcdefghijklmnopqrstuvwxyz";
  Sha256 digest = sha256(text);
  std::unique_ptr<BlobStore> killed;
  int copies = 0;
};

TEST_F(PartialBlobPartsTest, says_what_is_held) {
  auto blob = open();
  ASSERT_TRUE(write(*blob, {20, 25}) && write(*blob, {0, 5}) && write(*blob, {25, 30}));
  EXPECT_EQ(blob->readable(), 5U);
  EXPECT_EQ(blob->hashed(), 5U);
  EXPECT_FALSE(blob->complete());
  EXPECT_EQ(blob->readable_from(0), 5U);
  EXPECT_EQ(blob->readable_from(5), 5U);
  EXPECT_EQ(blob->readable_from(22), 30U);
  EXPECT_THAT(blob->readable_ranges(), ElementsAre(ByteRange{0, 5}, ByteRange{20, 30}));
  EXPECT_THAT(blob->missing({3, 36}), ElementsAre(ByteRange{5, 20}, ByteRange{30, 36}));
  EXPECT_EQ(text_of(partial(digest)).substr(20), text.substr(20, 10));
}

TEST_F(PartialBlobPartsTest, is_published_once_the_last_gap_is_closed) {
  auto blob = open();
  ASSERT_TRUE(write(*blob, {10, 36}) && write(*blob, {3, 10}) && write(*blob, {0, 3}));
  EXPECT_TRUE(blob->complete());
  EXPECT_EQ(blob->readable(), text.size());
  EXPECT_EQ(blob->hashed(), 3U) << "what came before its turn is hashed in slices";
  EXPECT_EQ(blob->rehash(13), 20U);
  auto published = blob->commit();
  ASSERT_TRUE(published) << published.error().message;
  EXPECT_EQ(get(digest), text);
  EXPECT_EQ(files_in(root / "partial"), 0U);
}

TEST_F(PartialBlobPartsTest, the_hash_goes_on_with_the_frontier_after_it_has_caught_up) {
  auto blob = open();
  ASSERT_TRUE(write(*blob, {5, 10}) && write(*blob, {0, 5}));
  EXPECT_EQ(blob->rehash(100), 0U);
  ASSERT_TRUE(blob->append(text.substr(10)));
  EXPECT_EQ(blob->hashed(), text.size());
  EXPECT_TRUE(blob->commit());
}

TEST_F(PartialBlobPartsTest, keeps_what_is_held_when_it_comes_again) {
  auto blob = open();
  ASSERT_TRUE(write(*blob, {10, 20}) && write(*blob, {30, 32}));
  ASSERT_TRUE(blob->write(5, std::string(31, '#'), Trust::trusted));
  EXPECT_EQ(text_of(partial(digest)).substr(5), "#####" + text.substr(10, 10) + "##########" + "uv" + "####");
  ASSERT_TRUE(blob->append(std::string(7, '#')));
  EXPECT_EQ(text_of(partial(digest)).substr(5, 6), "#####a");
  EXPECT_TRUE(blob->complete());
}

TEST_F(PartialBlobPartsTest, with_wrong_bytes_is_quarantined_with_its_map_gone) {
  auto blob = open();
  ASSERT_TRUE(blob->write(30, "UVWXYZ", Trust::trusted) && fill(*blob));
  auto published = blob->commit();
  ASSERT_FALSE(published);
  EXPECT_EQ(published.error().code, ErrorCode::digest_mismatch);
  EXPECT_EQ(files_in(root / "quarantine"), 1U);
  EXPECT_EQ(files_in(root / "partial"), 0U);
  EXPECT_FALSE(blob->write(0, "x", Trust::trusted));
  EXPECT_FALSE(blob->save_map());
  blob.reset();
  blob = open();
  EXPECT_THAT(blob->readable_ranges(), IsEmpty());
  ASSERT_TRUE(fill(*blob) && blob->commit());
}

TEST_F(PartialBlobPartsTest, with_a_gap_is_not_published) {
  auto blob = open();
  ASSERT_TRUE(write(*blob, {0, 10}) && write(*blob, {11, 36}));
  auto published = blob->commit();
  ASSERT_FALSE(published);
  EXPECT_EQ(published.error().code, ErrorCode::digest_mismatch);
  EXPECT_EQ(get(digest), "(absent)");
}

TEST_F(PartialBlobPartsTest, takes_no_byte_beyond_its_size) {
  auto blob = open();
  std::vector<std::pair<uint64_t, const char*>> beyond = {{36, "x"}, {35, "zx"}, {37, ""}, {UINT64_MAX, "x"}};
  for (auto [offset, bytes] : beyond) {
    auto written = blob->write(offset, bytes, Trust::trusted);
    ASSERT_FALSE(written) << offset;
    EXPECT_EQ(written.error().code, ErrorCode::digest_mismatch);
  }
  EXPECT_TRUE(blob->write(36, "", Trust::trusted));
  EXPECT_EQ(std::filesystem::file_size(partial(digest)), 0U);
  EXPECT_TRUE(write(*blob, {35, 36}));
}

TEST_F(PartialBlobPartsTest, is_removed_by_discard_with_its_map) {
  auto blob = open();
  ASSERT_TRUE(write(*blob, {20, 30}));
  EXPECT_EQ(files_in(root / "partial"), 2U);
  ASSERT_TRUE(blob->discard());
  blob.reset();
  EXPECT_EQ(files_in(root / "partial"), 0U);
}

TEST_F(PartialBlobPartsTest, needs_no_map_while_it_grows_at_its_end) {
  auto blob = open();
  ASSERT_TRUE(blob->append("0123456789") && write(*blob, {10, 20}) && blob->save_map());
  EXPECT_EQ(open_as_after_a_kill()->readable(), 20U);
  blob.reset();
  EXPECT_FALSE(is_there(map_path()));
}

TEST_F(PartialBlobPartsTest, resumes_over_a_restart) {
  auto blob = open();
  ASSERT_TRUE(write(*blob, {0, 4}) && write(*blob, {20, 30}) && write(*blob, {10, 15}));
  blob.reset();
  reopen();
  blob = open();
  EXPECT_EQ(blob->readable(), 4U);
  EXPECT_THAT(blob->readable_ranges(), ElementsAre(ByteRange{0, 4}, ByteRange{10, 15}, ByteRange{20, 30}));
  ASSERT_TRUE(fill(*blob) && blob->commit());
  EXPECT_EQ(get(digest), text);
}

TEST_F(PartialBlobPartsTest, has_its_map_before_a_byte_behind_a_gap) {
  auto blob = open();
  ASSERT_TRUE(blob->append("012"));
  // No map can be made now.
  std::filesystem::remove(root / "tmp");
  EXPECT_FALSE(write(*blob, {20, 30}));
  EXPECT_EQ(std::filesystem::file_size(partial(digest)), 3U);
  ASSERT_TRUE(blob->append("345")) << "and that needs none";
  EXPECT_EQ(open_as_after_a_kill()->readable(), 6U);
}

TEST_F(PartialBlobPartsTest, survives_a_kill_with_what_was_saved) {
  auto blob = open();
  ASSERT_TRUE(write(*blob, {20, 30}) && blob->save_map() && write(*blob, {0, 1}));
  auto after = open_as_after_a_kill();
  EXPECT_EQ(after->readable_from(20), 30U);
  ASSERT_TRUE(fill(*after) && after->commit());
}

// Whatever the moment of the kill, what is claimed is there, and all but the last few bytes are claimed.
TEST_F(PartialBlobPartsTest, claims_nothing_that_was_not_written_and_loses_little) {
  constexpr uint64_t kPart = 384 << 10;
  text.assign(20 << 20, '\0');
  std::mt19937 random(1);
  for (auto& byte : text) byte = static_cast<char>(1 + random() % 255);
  digest = sha256(text);
  std::vector<uint64_t> order((text.size() + kPart - 1) / kPart);
  std::iota(order.begin(), order.end(), 0);
  std::shuffle(order.begin(), order.end(), random);

  auto blob = open();
  uint64_t written = 0;
  for (auto part : order) {
    ByteRange range{part * kPart, std::min<uint64_t>(text.size(), (part + 1) * kPart)};
    ASSERT_TRUE(write(*blob, range));
    written += range.size();
    auto after = open_as_after_a_kill();
    auto bytes = text_of_blob(*after->file(), text.size());
    uint64_t claimed = 0;
    for (auto run : after->readable_ranges()) {
      ASSERT_LE(run.end, bytes.size());
      ASSERT_TRUE(std::equal(&bytes[run.begin], &bytes[run.end - 1] + 1, &text[run.begin])) << written;
      claimed += run.size();
    }
    ASSERT_LT(written - claimed, kMapSaveBytes);
    after.reset();
    std::filesystem::remove_all(folder.path() / ("killed-" + std::to_string(copies)));
  }
  EXPECT_TRUE(blob->commit());
}

// A state that a crash, or a stray hand, can leave.
struct Left {
  const char* name;
  uint64_t file_size;              // of right bytes
  std::optional<std::string> map;  // the map's bytes
  Runs expected;
};

class LeftPartialTest : public PartialBlobPartsTest, public testing::WithParamInterface<Left> {
 protected:
  void SetUp() override {
    PartialBlobPartsTest::SetUp();
    write_text(partial(digest), text.substr(0, GetParam().file_size));
    if (GetParam().map) write_text(map_path(), *GetParam().map);
  }
};

TEST_P(LeftPartialTest, is_believed_as_far_as_it_is_sound) {
  auto blob = open();
  EXPECT_EQ(runs_of(*blob), GetParam().expected);
  ASSERT_TRUE(fill(*blob) && blob->commit());
  EXPECT_EQ(get(digest), text);
  EXPECT_EQ(files_in(root / "partial"), 0U);
}

// The file grows over what was claimed in vain, and then comes another kill.
TEST_P(LeftPartialTest, is_not_believed_later_either) {
  auto blob = open();
  if (GetParam().map) {
    EXPECT_EQ(decode_map(text_of(map_path())), GetParam().expected) << "before a byte is written";
  }
  ASSERT_TRUE(write(*blob, {35, 36}));
  Runs with_last = GetParam().expected;
  if (with_last.empty() || with_last.back().end < 35) with_last.push_back({35, 36});
  with_last.back().end = 36;
  EXPECT_EQ(runs_of(*blob), with_last);
  EXPECT_THAT(runs_of(*open_as_after_a_kill()), testing::AnyOf(GetParam().expected, with_last));
}

INSTANTIATE_TEST_SUITE_P(
    , LeftPartialTest,
    testing::Values(Left{"no_map", 9, std::nullopt, {{0, 9}}}, Left{"no_map_and_no_byte", 0, std::nullopt, {}},
                    Left{"a_map_before_the_first_byte", 0, encode_map({}), {}},
                    Left{"a_map_before_the_gap", 9, encode_map({{0, 9}}), {{0, 9}}},
                    Left{"a_map_of_all", 36, encode_map({{0, 36}}), {{0, 36}}},
                    Left{"a_map_with_gaps", 30, encode_map({{0, 9}, {20, 30}}), {{0, 9}, {20, 30}}},
                    Left{"a_map_older_than_the_bytes", 36, encode_map({{0, 2}, {20, 30}}), {{0, 2}, {20, 30}}},
                    Left{"a_map_that_claims_more", 25, encode_map({{0, 9}, {20, 30}, {32, 36}}), {{0, 9}, {20, 25}}},
                    Left{"a_map_beyond_an_empty_file", 0, encode_map({{0, 9}, {20, 30}}), {}},
                    Left{"a_map_beyond_the_blob", 36, encode_map({{20, 99}}), {{20, 36}}},
                    Left{"a_map_with_untrusted_bytes",
                         30,
                         encode_map({{0, 4}, {4, 9, Trust::untrusted}, {20, 30, Trust::untrusted}}),
                         {{0, 4}, {4, 9, Trust::untrusted}, {20, 30, Trust::untrusted}}},
                    Left{"a_map_of_untrusted_bytes_beyond_the_file",
                         25,
                         encode_map({{0, 9}, {20, 30, Trust::untrusted}, {32, 36, Trust::untrusted}}),
                         {{0, 9}, {20, 25, Trust::untrusted}}},
                    Left{"a_map_of_version_1", 30, encode_first_map({{0, 9}, {20, 30}}), {{0, 9}, {20, 30}}},
                    Left{"a_map_of_version_1_that_claims_more", 25, encode_first_map({{20, 30}}), {{20, 25}}},
                    Left{"a_torn_map", 30, encode_map({{0, 9}, {20, 30}}).substr(0, 50), {}},
                    Left{"an_empty_map", 30, "", {}},
                    Left{"a_map_of_another_version", 30, "weirmap9" + encode_map({{0, 9}}).substr(8), {}}),
    [](const auto& test) { return test.param.name; });

// A removal that was cut short leaves the map; what it says is of another file.
TEST_F(PartialBlobPartsTest, is_not_made_by_the_map_of_a_file_that_has_gone) {
  write_text(map_path(), encode_map({{0, 36}}));
  auto blob = open();
  EXPECT_THAT(blob->readable_ranges(), IsEmpty());
  EXPECT_FALSE(is_there(map_path()));
  write_text(map_path(), encode_map({{0, 36}}));
  blob.reset();
  std::filesystem::remove(partial(digest));
  reopen();
  EXPECT_EQ(files_in(root / "partial"), 0U) << "a start removes it";
}

TEST_F(PartialBlobPartsTest, starts_over_when_its_map_is_not_a_file) {
  for (bool is_link : {true, false}) {
    write_text(partial(digest), text.substr(0, 9));
    write_text(folder.path() / "precious", encode_map({{0, 9}}));
    if (is_link)
      std::filesystem::create_symlink(folder.path() / "precious", map_path());
    else
      std::filesystem::create_directory(map_path());
    auto blob = open();
    EXPECT_THAT(blob->readable_ranges(), IsEmpty());
    ASSERT_TRUE(write(*blob, {20, 30}) && blob->discard());
    EXPECT_EQ(text_of(folder.path() / "precious"), encode_map({{0, 9}}));
  }
}

// What is taken down from objects/ is whole: the map of a partial blob that stood there is not its map.
TEST_F(PartialBlobPartsTest, gives_way_with_its_map_to_an_object_that_is_doubted) {
  put(text);
  ASSERT_EQ(::chmod(object(digest).c_str(), 0440), 0);
  EXPECT_EQ(get(digest), "(absent)");
  write_text(partial(digest), text.substr(0, 9));
  write_text(map_path(), encode_map({{0, 4}}));
  auto blob = open();
  EXPECT_EQ(blob->readable(), text.size());
  EXPECT_FALSE(is_there(map_path()));
  EXPECT_TRUE(blob->commit());
}

}  // namespace
}  // namespace weir::cas
