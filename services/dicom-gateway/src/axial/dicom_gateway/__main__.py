"""Run the service: `python -m axial.dicom_gateway`."""

from axial.common.starting import importing

with importing():
    from axial.common.service import run
    from axial.dicom_gateway.app import build
    from axial.dicom_gateway.settings import GatewaySettings

if __name__ == "__main__":
    run("dicom-gateway", GatewaySettings, build)
