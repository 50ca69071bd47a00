"""Columns to fields: declared by a mapping, or known by their names."""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence

from purchases import errors

FIELDS = (
    "external_id",
    "line_id",
    "member",
    "member_number",
    "member_email",
    "member_phone",
    "purchased_at",
    "store",
    "channel",
    "product",
    "product_name",
    "category",
    "quantity",
    "amount",
    "discount",
    "tax",
    "paid_otherwise",
    "cost",
    "currency",
    "returned_of",
    "returned_at",
)
REQUIRED = ("external_id", "purchased_at", "amount")

# Header names that tills, shops and data sets use; the first that the file has is taken.
_KNOWN_NAMES = {
    "external_id": (
        "external_id", "purchase_id", "basket_id", "transaction_id", "receipt_id", "order_id",
        "invoice_id", "receipt_number", "order_number", "receipt", "小票号", "订单号", "訂單編號",
        "伝票番号", "レシート番号",
    ),
    "line_id": ("line_id", "line_number", "line", "行号", "行番号"),
    "member": (
        "member", "household_id", "customer_id", "member_id", "customer", "household", "顾客编号",
        "会员编号", "會員編號", "会員番号", "顧客番号",
    ),
    "member_number": ("member_number", "card_number", "membership_number", "会员卡号"),
    "member_email": (
        "member_email", "email", "e_mail", "customer_email", "email_address", "邮箱", "电子邮箱",
        "会员邮箱", "電子郵件", "電子信箱", "會員信箱", "メールアドレス", "メール", "会員メール",
    ),
    "member_phone": (
        "member_phone", "phone", "mobile", "customer_phone", "phone_number", "手机号", "手机号码",
        "会员手机", "手機", "手機號碼", "會員手機", "電話番号", "携帯電話", "会員電話番号",
    ),
    "purchased_at": (
        "purchased_at", "purchased_on", "transaction_timestamp", "timestamp", "purchase_date",
        "order_date", "datetime", "date", "日期", "时间", "時間", "日付", "日時",
    ),
    "store": ("store", "store_id", "store_code", "shop", "门店", "門市", "店舗"),
    "channel": ("channel", "sales_channel", "渠道", "通路", "チャネル"),
    "product": ("product", "product_id", "sku", "item_id", "商品编号", "商品編號", "商品コード"),
    "product_name": ("product_name", "item", "description", "商品名称", "商品名稱", "商品名"),
    "category": ("category", "product_category", "类别", "類別", "カテゴリ"),
    "quantity": ("quantity", "units", "qty", "数量", "數量"),
    "amount": ("amount", "sales_value", "line_amount", "paid", "total", "金额", "金額"),
    "discount": ("discount", "discount_amount", "折扣", "値引", "割引"),
    "tax": ("tax", "tax_amount", "税额", "稅額", "税額"),
    "paid_otherwise": ("paid_otherwise", "paid_with_points"),
    "cost": ("cost", "cost_amount", "成本", "原価"),
    "currency": ("currency", "currency_code", "币种", "幣別", "通貨"),
    "returned_of": ("returned_of", "return_of", "original_id"),
    "returned_at": ("returned_at", "returned_on", "return_date"),
}  # fmt: skip
_KNOWN_PRODUCT_NAMES = {
    "product": ("product", "product_id", "sku", "item_id", "external_id"),
    "name": ("name", "product_name", "product_type", "description"),
    "category": ("category",),
    "brand": ("brand",),
    "margin": ("margin",),
}

Mapping_ = Mapping[str, Sequence[str]]


def parse_mapping(pairs: Iterable[str], fields: Sequence[str] = FIELDS) -> dict[str, list[str]]:
    """``["external_id=customer_id+purchased_on"]`` → field to columns.

    Raises UnknownField.
    """
    mapping: dict[str, list[str]] = {}
    for pair in pairs:
        field, equals, columns = pair.partition("=")
        if field not in fields or not equals or not columns:
            raise errors.UnknownField(field=field[:60], fields=", ".join(fields))
        mapping[field] = columns.split("+")
    return mapping


def guess_mapping(
    header: Sequence[str], *, declared: Mapping_ | None = None, remembered: Mapping_ | None = None
) -> dict[str, list[str]]:
    """Field to columns for this header: declared first, then remembered, then known names."""
    return _guess(header, declared, remembered, _KNOWN_NAMES, REQUIRED)


def guess_product_mapping(
    header: Sequence[str], declared: Mapping_ | None = None
) -> dict[str, list[str]]:
    mapping = _guess(header, declared, None, _KNOWN_PRODUCT_NAMES, ("product",))
    if "category" not in mapping:
        levels = [name for name in ("department", "product_category") if name in header]
        if levels:
            mapping["category"] = levels
    return mapping


def _guess(header, declared, remembered, known_names, required):
    names = [clean_name(name) for name in header]
    mapping: dict[str, list[str]] = {}
    taken: set[str] = set()
    for field, columns in (declared or {}).items():
        if field not in known_names:
            raise errors.UnknownField(field=field[:60], fields=", ".join(known_names))
        mapping[field] = [_get_column(column, header, names) for column in _rejoin(columns, header)]
        if len(mapping[field]) == 1:
            taken.update(mapping[field])
    for field, columns in (remembered or {}).items():
        if field in known_names and field not in mapping and set(columns) <= set(header):
            mapping[field] = list(columns)
            taken.update(columns if len(columns) == 1 else ())
    for field, candidates in known_names.items():
        if field in mapping:
            continue
        for candidate in candidates:
            if candidate in names and (column := header[names.index(candidate)]) not in taken:
                mapping[field] = [column]
                taken.add(column)
                break
    for field in required:
        if field not in mapping:
            raise errors.UnmappedField(field=field, columns=", ".join(header))
    return mapping


def _rejoin(columns, header):
    """A column may itself be called ``a+b``."""
    whole = "+".join(columns)
    return [whole] if whole in header else columns


def _get_column(column, header, names):
    if column in header:
        return column
    if clean_name(column) in names:
        return header[names.index(clean_name(column))]
    raise errors.UnknownColumn(column=column[:60], columns=", ".join(header))


def clean_name(name: str) -> str:
    """``" Basket ID"`` → ``basket_id``."""
    text = unicodedata.normalize("NFKC", name).strip().lower()
    return text.replace(" ", "_").replace("-", "_")
