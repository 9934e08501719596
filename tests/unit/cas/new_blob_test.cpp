// SPDX-License-Identifier: Apache-2.0
#include "cas/new_blob.h"

#include "tests/unit/cas/test_folder.h"

namespace weir::cas {
namespace {

class NewBlobTest : public StoreTest {
 protected:
  std::unique_ptr<NewBlob> create() {
    auto blob = store->create_unnamed();
    EXPECT_TRUE(blob) << blob.error().message;
    return blob ? std::move(*blob) : nullptr;
  }
};

TEST_F(NewBlobTest, is_stored_under_the_digest_of_its_bytes) {
  auto blob = create();
  ASSERT_TRUE(blob->append("small ") && blob->append("file"));
  EXPECT_EQ(blob->size(), 10U);
  auto stored = blob->commit();
  ASSERT_TRUE(stored) << stored.error().message;
  EXPECT_EQ((*stored)->digest(), sha256("small file"));
  EXPECT_EQ((*stored)->size(), 10U);
  EXPECT_EQ(get(sha256("small file")), "small file");
  EXPECT_EQ(mode_of(object(sha256("small file"))), 0400U);
  EXPECT_EQ(files_in(root / "tmp"), 0U);
}

TEST_F(NewBlobTest, may_be_empty) {
  auto stored = create()->commit();
  ASSERT_TRUE(stored);
  EXPECT_EQ(get(sha256("")), "");
}

TEST_F(NewBlobTest, that_is_not_committed_leaves_nothing) {
  auto blob = create();
  ASSERT_TRUE(blob->append("small file"));
  EXPECT_EQ(files_in(root / "tmp"), 1U);
  blob.reset();
  EXPECT_EQ(files_in(root / "tmp"), 0U);
  EXPECT_EQ(get(sha256("small file")), "(absent)");
}

TEST_F(NewBlobTest, of_another_digest_than_expected_is_not_stored) {
  auto wrong = create();
  ASSERT_TRUE(wrong->append("small file"));
  auto stored = wrong->commit(sha256("other file"));
  ASSERT_FALSE(stored);
  EXPECT_EQ(stored.error().code, ErrorCode::digest_mismatch);
  wrong.reset();
  EXPECT_EQ(files_in(root / "tmp"), 0U);
  EXPECT_EQ(get(sha256("small file")), "(absent)");
  auto right = create();
  ASSERT_TRUE(right->append("small file"));
  EXPECT_TRUE(right->commit(sha256("small file")));
}

TEST_F(NewBlobTest, that_is_discarded_can_be_read_by_who_has_it_open) {
  auto digest = put("small file");
  auto open = store->open_blob(digest);
  ASSERT_TRUE(open && *open);
  EXPECT_EQ(store->discard(digest).value(), 10u);
  EXPECT_EQ(store->discard(digest).value(), std::nullopt);
  EXPECT_FALSE(store->has(digest));
  EXPECT_FALSE(std::filesystem::exists(object(digest)));
  char byte = 0;
  EXPECT_EQ(::pread((**open)->fd(), &byte, 1, 0), 1);
  EXPECT_EQ(put("small file"), digest);
  EXPECT_EQ(get(digest), "small file");
}

TEST_F(NewBlobTest, is_committed_once) {
  auto blob = create();
  ASSERT_TRUE(blob->commit());
  EXPECT_FALSE(blob->commit());
  EXPECT_FALSE(blob->append("x"));
}

TEST_F(NewBlobTest, that_is_stored_already_changes_nothing) {
  auto digest = put("small file");
  auto before = store->open_blob(digest);
  put("small file");
  auto after = store->open_blob(digest);
  ASSERT_TRUE(before && *before && after && *after);
  auto first = stamp_of((**before)->fd(), "first");
  auto second = stamp_of((**after)->fd(), "second");
  ASSERT_TRUE(first && second);
  EXPECT_EQ(*first, *second);
  EXPECT_EQ(files_in(root / "tmp"), 0U);
}

}  // namespace
}  // namespace weir::cas
